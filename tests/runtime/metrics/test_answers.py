"""Answers on their way are known while they are, with what they hold back, and forgotten whatever ends them."""

import pytest

from guard.core.record import Timings
from guard.errors import BackendTimeout
from guard.scan.engine import PatternEngine
from tests.runtime.world import END, World, chunk

HELD = "Write to jane.roe@exam"


async def test_what_a_running_answer_holds_back_is_told(engine: PatternEngine) -> None:
    seen: list[tuple[int, int]] = []
    world = World(engine, [chunk("Hello. "), chunk(HELD), None])

    def look(now: World) -> None:
        seen.append((len(now.parts.answers), now.parts.answers.held_chars))
        now.client.leaves.set()

    await world.run(look)
    ((running, held),) = seen
    assert running == 1
    assert 0 < held <= len(HELD)
    assert (len(world.parts.answers), world.parts.answers.held_chars) == (0, 0)


@pytest.mark.parametrize(
    "script", [[chunk("Hello."), END], [chunk("Hello."), BackendTimeout("slow")], [b"data: nonsense\n\n"]]
)
async def test_every_end_forgets_it(engine: PatternEngine, script: list[bytes | Exception | None]) -> None:
    world = await World(engine, script).run()
    assert len(world.parts.answers) == 0


async def test_the_steps_of_an_exchange_are_timed_without_a_record(engine: PatternEngine) -> None:
    told: list[Timings] = []
    world = World(engine, [chunk("Hello."), END], timed=told.append)
    await world.run()
    (timings,) = told
    assert None not in (timings.read_ms, timings.policy_ms, timings.queue_ms, timings.backend_ms, timings.first_ms)
    assert (timings.classify_ms, timings.names_ms) == (None, None)
