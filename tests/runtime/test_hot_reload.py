"""A thousand reloads under fifty streams: none fails, none is decided by two generations, memory stays as it was."""

import asyncio
import gc
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import pytest

from guard.core.entry import Status
from guard.core.record import DecisionRecord
from guard.policy.bundle.feed import LocalFeed
from guard.policy.generation import Rules
from guard.policy.live import LivePolicies
from guard.policy.recorded import RecordedPolicies
from guard.scan.engine import PatternEngine
from tests.policy.bundle_world import write
from tests.runtime.world import END, Answer, World, chunk

RELOADS = 1000
STREAMS = 50
TURNS = 20
"""Reloads that one exchange goes through: it reads five times."""
SETTLED = 300
"""Reloads until every thread and every pool has what it keeps."""
COLLECTED = 50
"""Reloads between two collections: beside all that other tests keep alive the collector sees little need of them."""
MOST_GROWTH_KIB = 8 * 1024

POLICY = """package guard

request := {{"actions": {{"*": "redact"}}, "labels": {{"v": "{version}"}}}}

response := {{"labels": {{"v": "{version}"}}}}
"""


class Turns:
    """The reloads, for whoever waits for some of them."""

    def __init__(self) -> None:
        self.done = False
        self._next = asyncio.Event()

    def turn(self) -> None:
        self._next.set()
        self._next = asyncio.Event()

    async def wait(self, turns: int) -> None:
        for _ in range(turns):
            if not self.done:
                await self._next.wait()


class SlowAnswer(Answer):
    """Lets the policies be replaced between any two of its chunks."""

    def __init__(self, turns: Turns) -> None:
        script = [chunk("mail jane.doe@example.com now "), chunk("or pay 4111 1111 1111 1111 "), chunk("bye. "), END]
        super().__init__(script, {"content-type": "text/event-stream"}, 200)
        self._turns = turns

    async def read(self) -> bytes:
        await self._turns.wait(TURNS // 5)
        return await super().read()


class Log:
    """The decision log, as far as the question goes: what each exchange was decided by."""

    def __init__(self) -> None:
        self.seen: dict[str, set[tuple[str, str]]] = defaultdict(set)
        self.points: dict[str, list[str]] = defaultdict(list)

    def decided(self, record: DecisionRecord) -> None:
        assert record.decision is not None, record.error
        self.seen[record.exchange].add((record.generation, record.decision.labels["v"]))  # type: ignore[union-attr]
        self.points[record.exchange].append(record.point)


class Outcome(NamedTuple):
    """What became of one exchange. The exchange itself would keep its policies."""

    exchange: str
    generation: str
    body: bytes


async def stream(
    engine: PatternEngine, policies: RecordedPolicies, turns: Turns, outcomes: list[Outcome], number: int
) -> None:
    """One client, exchange after exchange until the reloads are over; no two begin with the same generation."""
    await turns.wait(number % TURNS)
    while not turns.done:
        world = World(engine, policies=policies, idle_s=600)
        world.backend.answer = SlowAnswer(turns)
        await world.exchange.run()
        closing = world.closing
        assert closing.status is Status.COMPLETED, closing.reason
        outcomes.append(Outcome(closing.exchange, closing.generation, world.client.body))


def resident_kib() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4


async def reload(policies: LivePolicies, directory: Path, turns: Turns) -> list[int]:
    """All reloads one behind the other, and the memory in use at each."""
    memory = []
    for version in range(1, RELOADS + 1):
        write(directory, {"a.rego": POLICY.format(version=version)})
        status = await policies.reload(anew=False)
        assert (status.reloads, status.error) == (version, "")
        if not version % COLLECTED:
            gc.collect()
        memory.append(resident_kib())
        turns.turn()
    turns.done = True
    turns.turn()
    return memory


@pytest.mark.timeout(300)  # some 20 s of one core's work, more where the machine has other things to do
async def test_a_thousand_reloads_under_fifty_streams(engine: PatternEngine, tmp_path: Path) -> None:
    write(tmp_path, {"a.rego": POLICY.format(version=0)})
    policies = LivePolicies(LocalFeed(tmp_path), Rules())
    turns, log, outcomes = Turns(), Log(), list[Outcome]()
    recorded = RecordedPolicies(policies, log)

    async with asyncio.TaskGroup() as group:
        for number in range(STREAMS):
            group.create_task(stream(engine, recorded, turns, outcomes, number))
        memory = await reload(policies, tmp_path, turns)

    assert all(b"jane.doe" not in outcome.body and b"bye" in outcome.body for outcome in outcomes)
    # Each was decided about its request, a mail address and a card, over several reloads and by one generation.
    assert {tuple(points) for points in log.points.values()} == {("request", "response", "response")}
    assert [decided for decided in log.seen.values() if len(decided) != 1] == []
    assert all({outcome.generation} == {seen for seen, _ in log.seen[outcome.exchange]} for outcome in outcomes)
    assert len(outcomes) >= STREAMS * (RELOADS // TURNS - 2)
    assert len({generation for decided in log.seen.values() for generation, _ in decided}) > RELOADS // 2
    assert memory[-1] - memory[SETTLED] < MOST_GROWTH_KIB
