"""Every buffer has a size: no answer makes Guard hold more and more, and no text waits for another's end."""

import asyncio

import pytest

from guard.core.action import Action
from guard.core.channel import Channel
from guard.core.plan import Plan
from guard.ingress.openai import Door, route
from guard.runtime.admission import Admission
from guard.scan.engine import PatternEngine
from tests.flow import Flow
from tests.runtime.world import World, chunk

FIRST, SECOND = Channel(0, "content"), Channel(1, "content")
REDACT = Plan(actions={"*": Action.REDACT})


def _held(world: World) -> int:
    relay = world.exchange.way.relay
    assert relay is not None
    frames = {id(held): held for hold in relay.guard._holds.values() for held in hold.queue}
    return sum(len(held.frame.raw) for held in frames.values())


@pytest.mark.asyncio
async def test_a_vendors_word_in_the_first_chunk_does_not_stop_the_stream(engine: PatternEngine) -> None:
    first = b'data: {"id":"c","provider":"Some Vendor","choices":[{"index":0,"delta":{"content":"Hello there. "}}]}\n\n'
    world = World(engine, [first, *[chunk("Many words here. ")] * 50, None])

    def look(seen: World) -> None:
        seen.client.leaves.set()
        assert b"Many words here. " in seen.client.body

    await world.run(look)


def test_frames_behind_one_that_waits_for_another_choice_are_bounded(engine: PatternEngine) -> None:
    flow = Flow(engine, REDACT)
    flow.write((FIRST, "Hi. "), (SECOND, "abc"))
    for _ in range(3000):
        flow.write((FIRST, "Many words. "))
    waiting = sum(len(part.text) for held in flow.guard._holds[FIRST].queue for part in held.parts)
    # The driver of this test ignores a full hold's pause, so a machine that asks for one counts as well.
    assert waiting <= 2 * REDACT.hold_chars or flow.guard._paused


def test_an_endless_stream_of_findings_does_not_grow(engine: PatternEngine) -> None:
    flow = Flow(engine, REDACT)
    for number in range(3000):
        flow.write((FIRST, f"mail a{number}@example.com, ok. "))
    assert "[EMAIL_ADDRESS]" in flow.read[FIRST]
    assert len(flow.guard.findings) < 1000


def test_an_endless_stream_of_prose_does_not_grow(engine: PatternEngine) -> None:
    flow = Flow(engine, REDACT)
    for _ in range(3000):
        flow.write((FIRST, "prose, and more. "))
    hold = flow.guard._holds[FIRST]
    assert len(hold.queue) <= 1
    assert (hold.edits, hold.findings, flow.guard.findings) == ((), [], ())


@pytest.mark.asyncio
async def test_a_body_that_never_comes_takes_no_exchanges_place(engine: PatternEngine) -> None:
    """A handful of slow clients must not shut everybody else out. (A bound on the wait for a body would do as well.)"""
    world = World(engine)
    admission = Admission((), exchanges=1)
    call, parts = world.call, world.parts
    handler = route("/v1/chat/completions", call.dialect, Door(admission, 1 << 20), parts)
    asked = asyncio.Event()

    async def receive() -> dict[str, object]:
        asked.set()
        await asyncio.Event().wait()
        raise AssertionError

    async def send(_message: object) -> None:
        return None

    scope = {"type": "http", "method": "POST", "headers": []}
    slow = asyncio.ensure_future(handler.fn(scope, receive, send))
    await asked.wait()
    inside = admission.inside
    slow.cancel()
    await asyncio.gather(slow, return_exceptions=True)
    assert inside == 0
