"""Counters on a real Redis: the same as in process, shared by several, and what holds while it is away."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import msgspec
import pytest

from guard.core.counter import Claim, Taking
from guard.errors import CountersUnavailable
from guard.metering.counter.redis import RedisCounters, RedisPlace, ended
from guard.metering.counter.share import SharedCounters
from tests.redis import RedisServer

DAY = 86_400_000
PATIENCE_S = 5.0


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    with RedisServer(tmp_path) as running:
        yield running


@asynccontextmanager
async def replica(server: RedisServer) -> AsyncIterator[RedisCounters]:
    counters = RedisCounters(RedisPlace(server.url, timeout_s=PATIENCE_S))
    await counters.start()
    try:
        yield counters
    finally:
        await counters.stop()


def claim(amount: int = 1, limit: int = 10, key: str = "c", window_ms: int = DAY) -> Claim:
    return Claim(key, amount, limit, window_ms)


async def used(counters: RedisCounters, key: str = "c") -> int:
    """How much a counter holds."""
    return (await counters.take([claim(0, 1_000_000, key)], "reader")).standings[0].used


async def until_taken(counters: RedisCounters, wanted: Claim) -> None:
    """Waits until a claim is granted."""
    async for _ in tries():
        if (await counters.take([wanted], "x")).taken:
            return


async def tries() -> AsyncIterator[None]:
    """Tries again and again, for twenty seconds at most."""
    async with asyncio.timeout(20):
        while True:
            yield
            await asyncio.sleep(0)


async def until_used(counters: RedisCounters, amount: int, key: str = "c") -> None:
    """Waits until a counter holds this: corrections are sent a moment later."""
    async for _ in tries():
        if await used(counters, key) == amount:
            return


async def test_replicas_at_once_never_take_more_than_the_limit(server: RedisServer) -> None:
    async with replica(server) as one, replica(server) as other, replica(server) as third:
        takings = [one, other, third] * 20
        said = await asyncio.gather(*(counters.take([claim(2, 25)], "x") for counters in takings))

        assert sum(taking.taken for taking in said) == 12
        assert await used(one) == 24


async def test_of_several_claims_all_are_taken_or_none(server: RedisServer) -> None:
    async with replica(server) as counters:
        said = await counters.take([claim(5, key="wide"), claim(5, 4, key="tight")], "x")

        assert (said.taken, [standing.used for standing in said.standings]) == (False, [0, 0])
        assert 0 < said.standings[1].wait_ms <= DAY
        assert await used(counters, "wide") == 0


async def test_what_was_too_much_is_given_back_and_what_was_too_little_is_added(server: RedisServer) -> None:
    async with replica(server) as counters:
        first = await counters.take([claim(6)], "x")
        counters.correct(claim(6), first, 1)
        await until_used(counters, 1)
        counters.correct(claim(6), first, 9)
        await until_used(counters, 4)


async def test_a_window_passes(server: RedisServer) -> None:
    short = Claim("short", 1, 1, window_ms=120, slots=4)
    async with replica(server) as counters:
        assert (await counters.take([short], "x")).taken
        refused = await counters.take([short], "x")
        await until_taken(counters, short)

        assert 0 < refused.standings[0].wait_ms <= 150


async def test_leases_are_shared_renewed_and_given_back(server: RedisServer) -> None:
    lease = Claim("busy", 1, 2)
    async with replica(server) as one, replica(server) as other:
        assert [(await counters.take([lease], name)).taken for counters, name in ((one, "a"), (other, "b"))] == [
            True
        ] * 2
        assert not (await one.take([lease], "c")).taken
        await one.renew()
        assert not (await one.take([lease], "c")).taken
        other.release(lease, "b")
        await until_taken(one, lease)


async def test_a_claim_is_refused_while_the_store_is_away_and_it_fails_closed(server: RedisServer) -> None:
    counters = SharedCounters(RedisCounters(RedisPlace(server.url, timeout_s=PATIENCE_S)), None)
    await counters.start()
    assert (await counters.take([claim()], "x")).taken
    server.kill()

    with pytest.raises(CountersUnavailable):
        await counters.take([claim()], "x")
    assert not counters.healthy()
    await counters.stop()


@pytest.mark.parametrize("replicas", [2, 3])
async def test_shares_of_a_limit_never_add_up_to_more_than_the_limit(server: RedisServer, replicas: int) -> None:
    limit = 11
    fleet = [
        SharedCounters(RedisCounters(RedisPlace(server.url, timeout_s=PATIENCE_S)), replicas) for _ in range(replicas)
    ]
    for counters in fleet:
        await counters.start()
    server.kill()
    said: list[Taking] = [await counters.take([claim(1, limit)], "x") for counters in fleet for _ in range(limit)]

    assert sum(taking.taken for taking in said) == replicas * (limit // replicas)
    assert all(taking.local for taking in said)
    for counters in fleet:
        await counters.stop()


async def test_a_share_is_not_fresh_when_the_store_goes_away(server: RedisServer) -> None:
    counters = SharedCounters(RedisCounters(RedisPlace(server.url, timeout_s=PATIENCE_S)), 2)
    await counters.start()
    for _ in range(4):
        assert (await counters.take([claim()], "x")).taken
    server.kill()
    said = [await counters.take([claim()], "x") for _ in range(3)]

    assert [taking.taken for taking in said] == [True, False, False]  # half of 10, and 4 are spent
    await counters.stop()


async def test_the_store_learns_what_was_granted_while_it_was_away(server: RedisServer) -> None:
    clock = [0.0]
    store = RedisCounters(RedisPlace(server.url, timeout_s=PATIENCE_S))
    counters = SharedCounters(store, 2, lambda: clock[0])
    await counters.start()
    server.kill()
    taking = await counters.take([claim(3)], "x")
    counters.correct(claim(3), taking, 4)
    server.start()
    async with replica(server) as reader:
        await until_used(reader, 4)

    clock[0] += 10
    assert (await counters.take([claim()], "x")).standings[0].used == 5
    assert counters.healthy()
    await counters.stop()


class CutWire:
    """A way to the server that loses answers: `cut` says of how many scripts; `mute`: the next one's never comes."""

    def __init__(self, server: RedisServer) -> None:
        self._server = server
        self.cut = 0
        self.mute = False
        self.heard = asyncio.Event()
        self.port = 0

    async def serve(self) -> asyncio.Server:
        listener = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        self.port = listener.sockets[0].getsockname()[1]
        return listener

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._server.port)
        while data := await reader.read(65536):
            up_writer.write(data)
            said = await up_reader.read(65536)
            if self.cut and b"EVALSHA" in data and not said.startswith(b"-NOSCRIPT"):
                self.cut -= 1
                break
            if self.mute and b"EVALSHA" in data:
                self.mute = False
                self.heard.set()
                continue
            writer.write(said)
        writer.close()
        up_writer.close()


@asynccontextmanager
async def wired(server: RedisServer) -> AsyncIterator[tuple[RedisCounters, CutWire]]:
    """Counters behind a wire that can be cut."""
    wire = CutWire(server)
    listener = await wire.serve()
    counters = RedisCounters(RedisPlace(f"redis://127.0.0.1:{wire.port}/0", timeout_s=PATIENCE_S))
    await counters.start()
    try:
        yield counters, wire
    finally:
        await counters.stop()
        listener.close()


async def test_a_claim_whose_answer_is_lost_is_taken_back(server: RedisServer) -> None:
    async with wired(server) as (counters, wire), replica(server) as reader:
        assert (await counters.take([claim(1), Claim("busy", 1, 1)], "a")).taken
        wire.cut = 1
        with pytest.raises(CountersUnavailable):
            await counters.take([claim(5), Claim("free", 1, 1)], "b")

        await until_used(reader, 1)
        await until_taken(reader, Claim("free", 1, 1))
        assert not (await reader.take([Claim("busy", 1, 1)], "c")).taken


async def test_a_claim_that_is_given_up_while_it_is_under_way_is_taken_back(server: RedisServer) -> None:
    async with wired(server) as (counters, wire), replica(server) as reader:
        assert (await counters.take([claim(1)], "a")).taken
        wire.mute = True
        asking = asyncio.create_task(counters.take([claim(5)], "b"))
        await wire.heard.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking

        await until_used(reader, 1)


async def test_a_correction_that_is_sent_again_counts_once(server: RedisServer) -> None:
    async with wired(server) as (counters, wire), replica(server) as reader:
        taking = await counters.take([claim(6, 20)], "a")
        wire.cut = 1
        counters.correct(claim(6, 20), taking, 9)
        await until_used(reader, 9)
        wire.cut = 1
        counters.correct(claim(9, 20), taking, 4)
        await until_used(reader, 4)
        async for _ in tries():
            if not len(counters._outbox):
                break
        assert await used(reader) == 4


async def test_a_store_that_lost_its_memory_is_told_what_was_spent_before_it_grants_anything(
    server: RedisServer,
) -> None:
    async def recall() -> list[Claim]:
        return [claim(7, key="month")]

    async with replica(server) as counters:
        counters.recall = recall
        before = await counters.take([claim(6, key="month"), claim(3, key="minute")], "running")
        server.kill()
        server.start()
        refused = await until_known(counters)

        assert refused > 0

        assert await used(counters, "month") == 7
        counters.correct(claim(6, key="month"), before, 2)
        await until_used(counters, 9, "month")


async def until_known(counters: RedisCounters) -> int:
    """Waits until the server grants again; how often it refused."""
    refused = 0
    async for _ in tries():
        try:
            await used(counters)
        except CountersUnavailable:
            refused += 1
            continue
        break
    return refused


async def test_a_task_whose_first_cancellation_is_swallowed_ends_all_the_same() -> None:
    async def deaf() -> None:
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        await asyncio.Event().wait()

    task = asyncio.create_task(deaf())
    await asyncio.sleep(0)
    await ended([task])

    assert task.cancelled()


async def test_a_process_that_starts_while_the_store_is_away_knows_what_was_spent() -> None:
    """Its share of a budget is one of what is left, and not of the whole."""
    spent = Claim("budget:b:tenant=t:2026-11", 90, 100, 86_400_000, 1)

    async def recall() -> Sequence[Claim]:
        return [spent]

    shared = SharedCounters(RedisCounters(RedisPlace("redis://127.0.0.1:1/0", timeout_s=0.05)), replicas=2)
    await shared.start(recall)
    try:
        taken = [
            (await shared.take([msgspec.structs.replace(spent, amount=amount)], f"e{amount}")).taken
            for amount in (6, 5, 1)
        ]
    finally:
        await shared.stop()
    assert taken == [False, True, False]
