"""On a real PostgreSQL: one sender at a time, another takes over, and a server that goes away loses nothing."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from exchanges import closing, ledger, opening

from guard.metering.delivery.outbox import Outbox
from guard.metering.ledger.ledger import SqlLedger
from tests.metering.delivery.receiver import Receiver
from tests.metering.delivery.scene import feed
from tests.postgres import PASSWORD, Cluster


def made(server: str, tmp_path: Path) -> SqlLedger:
    one = ledger(None, url=server, password=PASSWORD, journal=tmp_path / "journal")
    one.start()
    return one


def write(one: SqlLedger, count: int, run: str = "") -> None:
    for number in range(count):
        one.open(opening(f"{run}{number:04}"))
        one.close(closing(f"{run}{number:04}"))
    assert one.drain(30)


def box(server: str) -> Outbox:
    return Outbox(server, PASSWORD, "default", True)


def ids(server: str) -> list[str]:
    with psycopg.connect(server, password=PASSWORD) as db:
        return [str(id_) for (id_,) in db.execute("SELECT id FROM entry WHERE state <> 'reserved' ORDER BY shard, seq")]


def test_one_at_a_time_holds_it_until_it_lets_go(server: str, tmp_path: Path) -> None:
    one = made(server, tmp_path)
    first, second = box(server), box(server)
    assert [first.hold(), second.hold()] == [True, False]
    first.release()
    first.release()
    assert [second.hold(), first.hold()] == [True, False]
    second.release()
    one.stop()


async def test_events_come_once_and_another_sender_takes_over(server: str, tmp_path: Path) -> None:
    one = made(server, tmp_path)
    with Receiver(mishaps=0.3, seed=5) as receiver:
        second = feed(receiver.url, box(server))
        async with second.running():
            async with feed(receiver.url, box(server)).running():
                await asyncio.to_thread(write, one, 30, "a-")
                await asyncio.to_thread(receiver.wait, 30)
            await asyncio.to_thread(write, one, 30, "b-")
            await asyncio.to_thread(receiver.wait, 60)
    one.stop()
    assert receiver.order == ids(server)
    assert receiver.changed == []


@pytest.fixture
def own_cluster() -> Iterator[Cluster]:
    with Cluster() as running:
        yield running


async def test_a_server_that_goes_away_loses_nothing(own_cluster: Cluster, tmp_path: Path) -> None:
    server = own_cluster.database("outage")
    one = made(server, tmp_path)
    with Receiver() as receiver:
        sender = feed(receiver.url, box(server))
        async with sender.running():
            await asyncio.to_thread(write, one, 10, "a-")
            await asyncio.to_thread(receiver.wait, 10)
            await asyncio.to_thread(own_cluster.stop)
            for number in range(10):
                one.open(opening(f"b-{number}"))
                one.close(closing(f"b-{number}"))
            while not sender.figures()["failures"]:  # noqa: ASYNC110
                await asyncio.sleep(0)
            await asyncio.to_thread(own_cluster.start)
            assert await asyncio.to_thread(lambda: any(one.drain(30) for _ in range(3)))
            await asyncio.to_thread(receiver.wait, 20)
    one.stop()
    assert receiver.order == ids(server)
