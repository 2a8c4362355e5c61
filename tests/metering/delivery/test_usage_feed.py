"""A billing system counts every final entry exactly once, whatever happens to it, to the ledger and to the sender."""

import asyncio
import base64
import hashlib
import hmac
import json
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import msgspec
import pytest
from exchanges import closing, ledger, opening

from guard.core.entry import Status
from guard.core.usage import Usage, UsageSource
from guard.core.usage_event import UsageData
from guard.metering.ledger.ledger import SqlLedger
from guard.upstream.usage_message import UsageCloudEvent
from tests.metering.delivery.receiver import Receiver
from tests.metering.delivery.scene import KEY, feed, finals, outbox


def begun(database: Path) -> SqlLedger:
    one = ledger(database, busy_ms=5_000)
    one.start()
    return one


def write(one: SqlLedger, count: int, run: str = "") -> None:
    for number in range(count):
        one.open(opening(f"{run}{number:04}"))
        one.close(closing(f"{run}{number:04}"))
    assert one.drain()


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "guard.db"


def check(receiver: Receiver, database: Path) -> None:
    """Every final entry came, counts once, always said the same, and came in its shard's order."""
    wanted = finals(database)
    assert set(receiver.kept) == {id_ for id_, _, _ in wanted}
    assert receiver.changed == []
    place = {id_: (shard, seq) for id_, shard, seq in wanted}
    for shard in {shard for _, shard, _ in wanted}:
        came = [place[id_][1] for id_ in receiver.order if place[id_][0] == shard]
        assert came == sorted(came)


@pytest.mark.parametrize("seed", range(3))
async def test_a_receiver_that_fails_stalls_and_dies_counts_each_entry_once(database: Path, seed: int) -> None:
    one = begun(database)
    with Receiver(mishaps=0.4, seed=seed) as receiver:
        async with feed(receiver.url, outbox(database)).running():
            for part in range(6):
                await asyncio.to_thread(write, one, 20, f"{part}-")
            await asyncio.to_thread(receiver.wait, 120)
    one.stop()
    check(receiver, database)
    assert receiver.seen.total() > 120  # or nothing went wrong


async def test_what_came_while_nobody_sent_is_sent_by_the_next_start(database: Path) -> None:
    one = begun(database)
    with Receiver() as receiver:
        for part in range(4):
            async with feed(receiver.url, outbox(database)).running():
                await asyncio.to_thread(write, one, 10, f"{part}-")
                await asyncio.to_thread(receiver.wait, 20 * part + 10)
            await asyncio.to_thread(write, one, 10, f"{part}-away-")
        async with feed(receiver.url, outbox(database)).running():
            await asyncio.to_thread(receiver.wait, 80)
    one.stop()
    check(receiver, database)
    assert receiver.seen.total() == 80  # nothing twice, for nothing went wrong


async def test_several_runs_are_delivered_by_one_of_several_senders(database: Path) -> None:
    ledgers = [begun(database) for _ in range(3)]
    with Receiver() as receiver:
        async with AsyncExitStack() as stack:
            feeds = [feed(receiver.url, outbox(database)) for _ in range(3)]
            for each in feeds:
                await stack.enter_async_context(each.running())
            for run, one in enumerate(ledgers):
                await asyncio.to_thread(write, one, 25, f"{run}-")
            await asyncio.to_thread(receiver.wait, 75)
        sent = [each.figures()["delivered"] for each in feeds]
    for one in ledgers:
        one.stop()
    check(receiver, database)
    assert receiver.most_at_once == 1
    assert receiver.seen.total() == 75
    assert sorted(sent)[:2] == [0, 0]


async def test_another_sender_takes_over_when_one_ends(database: Path) -> None:
    one = begun(database)
    with Receiver() as receiver:
        second = feed(receiver.url, outbox(database))
        async with AsyncExitStack() as stack:
            async with feed(receiver.url, outbox(database)).running():
                await asyncio.to_thread(write, one, 5, "a-")
                await asyncio.to_thread(receiver.wait, 5)
                await stack.enter_async_context(second.running())
                await asyncio.to_thread(write, one, 5, "b-")
                await asyncio.to_thread(receiver.wait, 10)
            await asyncio.to_thread(write, one, 5, "c-")
            await asyncio.to_thread(receiver.wait, 15)
        assert second.figures()["delivered"] == 5
    one.stop()
    check(receiver, database)


@pytest.mark.parametrize(("history", "expected"), [(True, 8), (False, 3)])
async def test_history_is_sent_only_where_it_is_wanted(database: Path, history: bool, expected: int) -> None:
    one = begun(database)
    write(one, 5, "old-")
    with Receiver() as receiver:
        box = outbox(database, history=history)
        assert box.hold()
        box.release()
        write(one, 3, "new-")
        async with feed(receiver.url, outbox(database, history=history)).running():
            await asyncio.to_thread(receiver.wait, expected)
    one.stop()
    assert len(receiver.kept) == expected


async def test_sinks_come_each_their_own_way(database: Path) -> None:
    one = begun(database)
    write(one, 5)
    with Receiver() as first, Receiver() as second:
        async with (
            feed(first.url, outbox(database, "a")).running(),
            feed(second.url, outbox(database, "b")).running(),
        ):
            await asyncio.to_thread(first.wait, 5)
            await asyncio.to_thread(second.wait, 5)
    one.stop()
    check(first, database)
    check(second, database)


async def test_a_batch_that_is_too_large_is_halved(database: Path) -> None:
    one = begun(database)
    write(one, 40)
    with Receiver(most=3) as receiver:
        async with feed(receiver.url, outbox(database), batch=32).running():
            await asyncio.to_thread(receiver.wait, 40)
    one.stop()
    check(receiver, database)


async def test_a_receiver_that_refuses_gets_the_same_again_and_nothing_is_skipped(database: Path) -> None:
    one = begun(database)
    write(one, 10)
    with Receiver(mishaps=1.0) as closed_door:
        stuck = feed(closed_door.url, outbox(database))
        async with stuck.running():
            while stuck.figures()["failures"] < 5:  # noqa: ASYNC110
                await asyncio.sleep(0)
        assert stuck.figures()["delivered"] == 0
        assert stuck.figures()["queued"] == 20  # entries, those that began among them
    with Receiver() as receiver:
        async with feed(receiver.url, outbox(database)).running():
            await asyncio.to_thread(receiver.wait, 10)
    one.stop()
    check(receiver, database)


async def test_an_event_is_a_cloudevent_with_the_ledgers_numbers(database: Path) -> None:
    one = begun(database)
    one.open(opening("01A", "llama"))
    usage = Usage(prompt=11, cached=3, completion=7, reasoning=2, tool=0)
    told = msgspec.structs.replace(
        closing("01A", usage, Status.BLOCKED), reason="content_filter", cost_nanousd=92, price_version="v+1",
        labels={"team": "blue"}, guard_tokens=18, split_source=UsageSource.COUNTED, total_ms=3412.5,
    )  # fmt: skip
    one.close(told)
    assert one.drain()
    with Receiver() as receiver:
        async with feed(receiver.url, outbox(database)).running():
            await asyncio.to_thread(receiver.wait, 1)
    one.stop()
    ((id_, _, _),) = finals(database)
    (event,) = json.loads(receiver.bodies[0])
    data: dict[str, Any] = event.pop("data")
    assert event == {
        "specversion": "1.0", "type": "guard.usage", "id": id_, "source": "guard", "subject": "acme",
        "time": "2023-11-14T22:13:23.412+00:00", "datacontenttype": "application/json",
    }  # fmt: skip
    assert data == {
        "exchange": "01A", "attempt": 1, "state": "settled", "status": "blocked", "reason": "content_filter",
        "tenant": "acme", "key": "app1", "tier": "mid", "dialect": "openai.chat", "model": "llama", "backend": "local",
        "stream": True, "started_ms": 1_700_000_000_000, "total_ms": 3412.5, "prompt_tokens": 11, "cached_tokens": 3,
        "audio_tokens": None, "image_tokens": None, "completion_tokens": 7, "reasoning_tokens": 2, "tool_tokens": 0,
        "withheld_tokens": 1, "guard_tokens": 18, "usage_source": "provider", "split_source": "counted",
        "cost_nanousd": 92, "price_version": "v+1", "labels": {"team": "blue"},
    }  # fmt: skip


async def test_a_batch_is_signed_and_bears_the_token(database: Path) -> None:
    one = begun(database)
    write(one, 2)
    with Receiver() as receiver:
        async with feed(receiver.url, outbox(database)).running():
            await asyncio.to_thread(receiver.wait, 2)
    one.stop()
    (head,), (body,) = receiver.heads, receiver.bodies
    signed = b".".join((head["webhook-id"].encode(), head["webhook-timestamp"].encode(), body))
    assert (
        head["webhook-signature"] == f"v1,{base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()}"
    )
    assert head["authorization"] == "Bearer token-of-the-tests"
    assert head["content-type"] == "application/cloudevents-batch+json; charset=utf-8"


async def test_exchanges_of_a_process_that_died_are_delivered_by_the_next(database: Path) -> None:
    first = begun(database)
    first.open(opening("01A"))
    first.stop()  # accounts for what was still running
    second = begun(database)
    with Receiver() as receiver:
        async with feed(receiver.url, outbox(database)).running():
            await asyncio.to_thread(receiver.wait, 1)
    second.stop()
    (event,) = receiver.kept.values()
    assert (event["data"]["state"], event["data"]["total_ms"]) == ("estimated", None)
    assert event["time"] == "2023-11-14T22:13:20.000+00:00"


def test_the_docs_show_an_event_with_every_member() -> None:
    page = (Path(__file__).parents[3] / "docs/usage-events.md").read_text()
    shown = json.loads(page.partition("```json\n")[2].partition("```")[0])
    assert tuple(shown.pop("data")) == UsageData.__struct_fields__
    assert set(shown) == set(UsageCloudEvent.__struct_fields__) - {"data"}
