"""One exchange and everything that may go wrong on its way: nothing leaks, nothing hangs, one account."""

import io

import msgspec
import pytest
import structlog

from guard.core.action import Action
from guard.core.decision import Decision, Denial
from guard.core.entry import Status
from guard.core.plan import FailureMode
from guard.errors import BackendBroken, BackendUnreachable, EngineError, EngineTimeout, GuardError, PolicyError
from guard.runtime.telemetry import configure_logging
from guard.scan.engine import PatternEngine
from tests.runtime.world import END, WHOLE, BrokenEngine, World, chunk

pytestmark = pytest.mark.asyncio

CARD = "4111 1111 1111 1111"
BLOCK = Decision(actions={"*": Action.BLOCK})


def code(world: World) -> str:
    body = world.client.body.rpartition(b"data: ")[2] if world.client.body.startswith(b"data:") else world.client.body
    return str(msgspec.json.decode(body)["error"]["code"])


async def test_a_clean_answer_passes_byte_for_byte_and_completes(engine: PatternEngine) -> None:
    world = await World(engine, [chunk("Hello "), chunk("world. "), END]).run()
    assert world.client.body == chunk("Hello ") + chunk("world. ") + END
    assert world.closing.status is Status.COMPLETED
    assert world.closing.withheld == 0
    assert world.client.headers["x-guard-decision"] == "allow"
    assert world.client.headers["x-guard-exchange"] == world.closing.exchange


async def test_a_card_in_two_halves_is_masked(engine: PatternEngine) -> None:
    world = await World(engine, [chunk("pay 4111 1111 "), chunk("1111 1111 now"), END]).run()
    assert b"pay [CREDIT_CARD]" in world.client.body
    assert b"1111" not in world.client.body
    assert world.closing.findings == ("CREDIT_CARD",)
    assert world.closing.decision == "redact"


async def test_a_blocked_answer_ends_with_content_filter_and_closes_the_backend(engine: PatternEngine) -> None:
    world = await World(engine, [chunk(f"so {CARD} !"), None], decision=BLOCK).run()
    assert b'"finish_reason":"content_filter"' in world.client.body
    assert world.client.body.endswith(b"data: [DONE]\n\n")
    assert b"4111" not in world.client.body
    assert world.answer.closed
    assert world.closing.status is Status.BLOCKED
    assert world.closing.withheld > 0


async def test_a_blocked_prompt_reaches_no_backend(engine: PatternEngine) -> None:
    body = WHOLE.replace(b"hello there", CARD.encode())
    world = await World(engine, decision=BLOCK, body=body).run()
    assert world.client.status == 400
    assert code(world) == "content_filter"
    assert b"4111" not in world.client.body
    assert world.backend.calls == []
    assert world.closing.usage.prompt == 0


async def test_a_denial_is_a_403_with_the_policys_message(engine: PatternEngine) -> None:
    world = await World(engine, decision=Decision(deny=(Denial("model_not_allowed", "Ask for another model."),))).run()
    assert (world.client.status, code(world)) == (403, "policy_denied")
    assert b"Ask for another model." in world.client.body
    assert world.backend.calls == []


@pytest.mark.parametrize(
    ("error", "told"), [(EngineError("x"), "engine_error"), (EngineTimeout("x"), "engine_timeout")]
)
async def test_an_engine_that_fails_on_the_prompt_forwards_nothing(error: EngineError, told: str) -> None:
    world = await World(BrokenEngine(error)).run()
    assert (world.client.status, code(world)) == (503, told)
    assert world.backend.calls == []
    assert world.closing.status is Status.FAILED


@pytest.mark.parametrize(
    ("error", "told"), [(EngineError("x"), "engine_error"), (EngineTimeout("x"), "engine_timeout")]
)
async def test_an_engine_that_fails_in_the_stream_withholds_the_rest(error: EngineError, told: str) -> None:
    engine = BrokenEngine(error, after=2)
    world = await World(engine, [chunk("Hello "), chunk("secret"), END]).run()
    assert world.client.body.startswith(chunk("Hello "))
    assert code(world) == told
    assert b"secret" not in world.client.body
    assert b"[DONE]" not in world.client.body
    assert world.answer.closed
    assert engine.closed == 2


async def test_a_policy_may_say_to_go_on_without_the_engine() -> None:
    decision = Decision(actions={"*": Action.REDACT}, on_failure=FailureMode.RELEASE)
    world = await World(BrokenEngine(EngineError("x"), after=1), [chunk("Hello "), END], decision=decision).run()
    assert world.client.body == chunk("Hello ") + END


async def test_a_policy_that_fails_forwards_nothing(engine: PatternEngine) -> None:
    world = await World(engine, decision=PolicyError("The policy gave no usable decision.")).run()
    assert (world.client.status, code(world)) == (503, "policy_error")
    assert world.backend.calls == []


async def test_an_unforeseen_exception_says_nothing_and_leaks_nothing() -> None:
    log = io.StringIO()
    configure_logging("debug", "json")
    structlog.configure(logger_factory=structlog.WriteLoggerFactory(file=log))
    world = await World(BrokenEngine(RuntimeError("joe@example.com"), after=1), [chunk("joe@example.com "), END]).run()
    assert code(world) == "invariant_error"
    assert b"joe@" not in world.client.body
    assert "joe@" not in log.getvalue()
    assert world.closing.exchange in log.getvalue()


@pytest.mark.parametrize("error", [BackendUnreachable("Try again."), BackendBroken("Try again.")])
async def test_a_backend_that_can_not_be_asked_is_a_502(engine: PatternEngine, error: GuardError) -> None:
    world = await World(engine, call_error=error).run()
    assert (world.client.status, code(world)) == (502, error.code)
    assert world.closing.status is Status.FAILED


async def test_a_backend_that_dies_in_the_stream_leaves_no_end_mark(engine: PatternEngine) -> None:
    world = await World(engine, [chunk("Hello "), BackendBroken("Try again.")]).run()
    assert code(world) == "backend_broken"
    assert b"[DONE]" not in world.client.body


async def test_a_backend_that_closes_too_early_leaves_no_end_mark(engine: PatternEngine) -> None:
    world = await World(engine, [chunk("Hello "), chunk("4111 1111 1111")]).run()
    assert code(world) == "backend_broken"
    assert b"4111" not in world.client.body


async def test_a_backend_that_falls_silent_is_given_up(engine: PatternEngine) -> None:
    world = await World(engine, [chunk("Hello "), None], idle_s=0.05).run()
    assert code(world) == "backend_timeout"
    assert world.answer.closed


async def test_safe_words_leave_although_the_backend_falls_silent(engine: PatternEngine) -> None:
    world = await World(engine, [chunk("Hello my dear"), None], idle_s=0.2).run()
    assert b'"Hello my "' in world.client.body


async def test_a_client_that_leaves_ends_the_backends_work(engine: PatternEngine) -> None:
    world = await World(engine, [chunk("Hello "), None]).run(lambda w: w.client.leaves.set())
    assert world.answer.closed
    assert (world.closing.status, world.closing.reason) == (Status.ABORTED, "client_left")
    assert world.closing.usage.completion == 2


async def test_a_client_that_stops_reading_is_given_up(engine: PatternEngine) -> None:
    world = World(engine, [chunk("Hello "), END], idle_s=0.05)
    world.client.deaf = True
    await world.run()
    assert (world.closing.status, world.closing.reason) == (Status.ABORTED, "client_stalled")
    assert not world.client.ended


async def test_every_engine_memory_is_given_back(engine: PatternEngine) -> None:
    broken = BrokenEngine(EngineError("x"), after=100)
    await World(broken, [chunk("Hello "), END]).run()
    assert broken.closed == 2
