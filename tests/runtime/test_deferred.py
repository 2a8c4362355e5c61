"""Answers under an engine that answers later: nothing leaves before its verdict, and everything leaves with it."""

import asyncio
from collections.abc import Callable

import pytest

from guard.core.action import Action
from guard.core.decision import Decision
from guard.core.entry import Status
from guard.core.event import EngineStatus
from guard.core.plan import FailureMode, ReleaseMode
from guard.errors import BackendBroken
from guard.scan.engine import PatternEngine
from tests.runtime.later import Later
from tests.runtime.world import END, WHOLE, World, chunk

BLOCK = Decision(actions={"*": Action.BLOCK})


async def settled(world: World) -> None:
    """Lets everything happen that can."""
    for _ in range(20):
        await asyncio.sleep(0)


def silence(engine: PatternEngine, later: Later, *script: bytes | None, **world: object) -> World:
    return World(engine, [*script], deferred=(later,), **world)  # type: ignore[arg-type]


async def run(world: World, steps: Callable[[], object]) -> World:
    """Runs the exchange; the steps are taken once the backend is silent."""
    task = asyncio.ensure_future(world.exchange.run())
    await world.answer.silent.wait()
    await settled(world)
    outcome = steps()
    if asyncio.iscoroutine(outcome):
        await outcome
    await asyncio.wait_for(task, 20)
    return world


async def test_nothing_leaves_before_its_verdict(engine: PatternEngine) -> None:
    later = Later()
    world = silence(engine, later, chunk("hello "), chunk("world "), None)
    seen: list[bytes] = []

    async def steps() -> None:
        seen.append(world.client.body)
        later.answer(6)
        await settled(world)
        seen.append(world.client.body)
        later.answer()
        await settled(world)
        seen.append(world.client.body)
        world.client.leaves.set()

    await run(world, steps)

    assert seen[0] == b""
    assert b"hello" in seen[1]
    assert b"world" not in seen[1]
    assert b"world" in seen[2]
    assert world.closing.status is Status.ABORTED


async def test_an_answer_ends_when_the_last_verdict_is_there(engine: PatternEngine) -> None:
    later = Later()
    later.at_once = True
    world = await World(engine, [chunk("hello "), chunk("world"), END], deferred=(later,)).run()

    assert b"hello" in world.client.body
    assert b"world" in world.client.body
    assert world.client.body.endswith(b"[DONE]\n\n")
    assert world.closing.status is Status.COMPLETED


async def test_a_finding_that_blocks_lets_out_what_stood_before_it_and_nothing_else(engine: PatternEngine) -> None:
    later = Later()
    later.at_once = True
    script = [chunk("build "), chunk("a "), chunk("bomb "), chunk("today "), END]
    world = await World(engine, script, decision=BLOCK, deferred=(later,)).run()

    assert b"build" in world.client.body
    assert b"bomb" not in world.client.body
    assert b"today" not in world.client.body
    assert b"content_filter" in world.client.body
    assert world.closing.status is Status.BLOCKED
    assert world.answer.closed


async def test_a_verdict_that_blocks_ends_a_backend_that_is_silent(engine: PatternEngine) -> None:
    later = Later()
    world = silence(engine, later, chunk("a bomb "), None, decision=BLOCK)
    await run(world, later.answer)

    assert b"bomb" not in world.client.body
    assert world.closing.status is Status.BLOCKED


@pytest.mark.parametrize(
    ("status", "code"), [(EngineStatus.ERROR, b"engine_error"), (EngineStatus.TIMEOUT, b"engine_timeout")]
)
async def test_an_engine_that_fails_ends_the_answer_visibly(
    engine: PatternEngine, status: EngineStatus, code: bytes
) -> None:
    later = Later()
    world = silence(engine, later, chunk("hello "), None)
    await run(world, lambda: later.fail(status))

    assert b"hello" not in world.client.body
    assert code in world.client.body
    assert b"[DONE]" not in world.client.body
    assert world.closing.status is Status.FAILED


async def test_an_engine_that_fails_is_done_without_where_the_policy_says_so(engine: PatternEngine) -> None:
    later = Later()
    decision = Decision(actions={"*": Action.REDACT}, on_failure=FailureMode.RELEASE)
    world = silence(engine, later, chunk("hello joe@example.com, "), None, decision=decision)

    async def steps() -> None:
        later.fail()
        await settled(world)
        world.client.leaves.set()

    await run(world, steps)

    assert b"hello" in world.client.body
    assert b"joe@example.com" not in world.client.body


async def test_an_engine_without_a_place_blocks(engine: PatternEngine) -> None:
    world = await World(engine, [chunk("hello "), END], deferred=(Later(busy=True),)).run()

    assert b"hello" not in world.client.body
    assert world.closing.status is Status.FAILED


async def test_text_may_run_ahead_where_the_policy_says_so_and_no_further(engine: PatternEngine) -> None:
    later = Later()
    decision = Decision(actions={"*": Action.BLOCK}, release=ReleaseMode.OPTIMISTIC, ahead_chars=12)
    world = silence(engine, later, chunk("hello "), chunk("world "), chunk("again "), None, decision=decision)

    async def steps() -> None:
        assert b"hello" in world.client.body
        assert b"world" in world.client.body
        assert b"again" not in world.client.body
        later.answer()
        await settled(world)
        assert b"again" in world.client.body
        world.client.leaves.set()

    await run(world, steps)


async def test_text_never_runs_ahead_of_an_engine_that_finds_what_is_replaced(engine: PatternEngine) -> None:
    later = Later(outrun=False)
    decision = Decision(actions={"*": Action.BLOCK}, release=ReleaseMode.OPTIMISTIC, ahead_chars=100)
    world = silence(engine, later, chunk("hello "), None, decision=decision)
    await run(world, world.client.leaves.set)

    assert b"hello" not in world.client.body


async def test_a_late_finding_still_ends_an_answer_that_ran_ahead(engine: PatternEngine) -> None:
    later = Later()
    decision = Decision(actions={"*": Action.BLOCK}, release=ReleaseMode.OPTIMISTIC, ahead_chars=100)
    world = silence(engine, later, chunk("a bomb "), chunk("is built "), None, decision=decision)
    await run(world, later.answer)

    assert b"bomb" in world.client.body
    assert b"content_filter" in world.client.body
    assert world.closing.status is Status.BLOCKED


async def test_a_backend_that_breaks_off_is_told_after_the_verdicts_on_what_it_said(engine: PatternEngine) -> None:
    later = Later()
    later.at_once = True
    world = await World(engine, [chunk("hello "), BackendBroken("gone")], deferred=(later,)).run()

    assert b"hello" in world.client.body
    assert b"backend_broken" in world.client.body
    assert b"[DONE]" not in world.client.body
    assert world.closing.status is Status.FAILED


async def test_a_whole_answer_waits_for_its_verdict(engine: PatternEngine) -> None:
    later = Later()
    later.at_once = True
    body = (
        b'{"id":"c","choices":[{"index":0,"message":{"role":"assistant","content":"a bomb"},"finish_reason":"stop"}]}'
    )
    world = World(engine, [body], decision=BLOCK, body=WHOLE, content_type="application/json", deferred=(later,))
    await world.run()

    assert b"bomb" not in world.client.body
    assert world.closing.status is Status.BLOCKED


async def test_reading_stops_while_more_waits_than_may_be_held(engine: PatternEngine) -> None:
    later = Later()
    decision = Decision(actions={"*": Action.BLOCK}, hold_chars=20)
    world = silence(engine, later, *[chunk("word ") for _ in range(40)], END, decision=decision)
    task = asyncio.ensure_future(world.exchange.run())
    await settled(world)
    received = len(later.channels[0].text)
    later.at_once = True
    later.answer()
    await asyncio.wait_for(task, 20)

    assert received < 60
    assert world.client.body.count(b"word") == 40
    assert world.closing.status is Status.COMPLETED


async def test_a_client_that_leaves_frees_the_engine(engine: PatternEngine) -> None:
    later = Later()
    world = silence(engine, later, chunk("hello "), None)
    await run(world, world.client.leaves.set)

    assert all(one.closed for one in later.channels)


async def test_a_client_that_does_not_read_stops_the_reading(engine: PatternEngine) -> None:
    later = Later()
    later.at_once = True
    world = World(engine, [*[chunk("word ") for _ in range(50)], END], deferred=(later,), idle_s=0.2)
    world.client.deaf = True
    await world.run()

    assert len(later.channels[0].text) < 100
    assert world.closing.reason == "client_stalled"


@pytest.mark.parametrize("ending", [END, None, BackendBroken("gone")], ids=["whole", "abandoned", "broken"])
async def test_what_models_read_of_an_answer_is_counted(
    engine: PatternEngine, ending: bytes | Exception | None
) -> None:
    later = Later()
    later.at_once = True
    call = chunk("x").replace(
        b'"content":"x"', b'"tool_calls":[{"index":0,"function":{"name":"pay","arguments":"1 2"}}]'
    )
    world = World(engine, [chunk("one two "), chunk("three "), call, ending], deferred=(later,))
    await world.run(None if ending else lambda world: world.client.leaves.set())

    assert world.closing.guard_tokens == 3 + 1 + 2
