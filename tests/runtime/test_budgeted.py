"""An exchange reserves before it asks, is held to what it got whatever the backend writes, and settles its costs."""

import asyncio
import json
from collections.abc import Sequence

import pytest

from guard.core.action import Action
from guard.core.decision import Decision, Denial, TokenLimits
from guard.core.entry import Status
from guard.core.facts import BudgetFacts, Identity
from guard.core.usage import UsageSource
from guard.errors import BackendTimeout, BackendUnreachable, GuardError
from guard.metering.budget.book import BudgetBook
from guard.metering.budget.budget import Budget, Scope, Unit
from guard.metering.budget.period import Period
from guard.metering.counter.memory import MemoryCounters
from guard.scan.engine import PatternEngine
from tests.runtime.world import END, WHO, World, chunk

PROMPT = 44
"""What a prompt of 'hello there' is reserved for: four for the text, eight for the message, 32 for the template."""
COUNTED = 5
"""What the backends here count it as."""


def asking(max_tokens: int | None = None, n: int = 1, stream: bool = True, usage: bool = False) -> bytes:
    request: dict[str, object] = {
        "model": "m",
        "stream": stream,
        "messages": [{"role": "user", "content": "hello there"}],
    }
    if max_tokens is not None:
        request["max_tokens"] = max_tokens
    if n > 1:
        request["n"] = n
    if usage:
        request["stream_options"] = {"include_usage": True}
    return json.dumps(request).encode()


def told(prompt: int, completion: int) -> bytes:
    usage = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
    return b"data: %s\n\n" % json.dumps({"id": "c", "model": "m", "choices": [], "usage": usage}).encode()


def spoken(tokens: int) -> list[bytes]:
    """A whole streamed answer of so many tokens, with the counts at its end."""
    finish, _, done = END.partition(b"data: [DONE]")
    return [
        *(chunk(f"w{number} ") for number in range(tokens)),
        finish,
        told(COUNTED, tokens),
        b"data: [DONE]" + done or b"",
    ]


class Funds:
    """A book with one budget in tokens, or as many as are given."""

    def __init__(self, limit: int, **more: object) -> None:
        self.limit = limit
        self.counters = MemoryCounters()
        one = Budget(name="b", scope=Scope(tenant="*"), unit=Unit.TOKENS, limit=limit, period=Period("day"), **more)  # type: ignore[arg-type]
        self.book = BudgetBook((one,), self.counters)

    async def spent(self) -> int:
        left = (await self.book.left(WHO)).tokens_left
        assert left is not None
        return self.limit - left


def events(body: bytes) -> list[dict[str, object]]:
    return [json.loads(line[6:]) for line in body.splitlines() if line.startswith(b"data: {")]


def sent(world: World) -> dict[str, object]:
    (call,) = world.backend.calls
    body: dict[str, object] = json.loads(call.body)
    return body


async def test_an_exchange_spends_what_the_backend_counted(engine: PatternEngine) -> None:
    funds = Funds(1000)
    world = await World(engine, spoken(7), body=asking(max_tokens=50), budgets=funds.book).run()

    assert world.closing.status is Status.COMPLETED
    assert sent(world)["max_tokens"] == 50
    assert await funds.spent() == COUNTED + 7
    assert (world.closing.reserved_tokens, world.closing.reserved_nanousd) == (PROMPT + 50, 0)


@pytest.mark.parametrize(
    ("limit", "asked", "n", "goes"),
    [
        (PROMPT + 20, 50, 1, 20),
        (PROMPT + 20, None, 1, 20),
        (PROMPT + 20, 5, 1, 5),
        (PROMPT + 20, 50, 3, 6),
        (10_000, None, 1, 4096),
    ],
)
async def test_what_is_left_bounds_max_tokens_and_choices_share_it(
    engine: PatternEngine, limit: int, asked: int | None, n: int, goes: int
) -> None:
    world = await World(engine, spoken(3), body=asking(asked, n), budgets=Funds(limit).book).run()
    assert sent(world)["max_tokens"] == goes


async def test_a_request_that_is_within_its_budget_keeps_its_bytes(engine: PatternEngine) -> None:
    body = asking(max_tokens=20, usage=True)
    world = await World(engine, spoken(3), body=body, budgets=Funds(1000).book).run()
    assert world.backend.calls[0].body == body


async def test_without_anything_left_nobody_is_asked(engine: PatternEngine) -> None:
    world = await World(engine, spoken(3), body=asking(), budgets=Funds(PROMPT).book).run()

    assert (world.client.status, world.backend.calls) == (429, [])
    assert json.loads(world.client.body)["error"]["code"] == "budget_exhausted"
    assert "budget b " in json.loads(world.client.body)["error"]["message"]
    assert int(world.client.headers["retry-after"]) >= 1
    assert world.closing.reason == "budget_exhausted"


@pytest.mark.parametrize("usage", [True, False])
async def test_a_backend_that_ignores_its_limit_is_stopped_to_the_token(engine: PatternEngine, usage: bool) -> None:
    funds = Funds(PROMPT + 10)
    world = await World(engine, spoken(30), body=asking(usage=usage), budgets=funds.book).run()

    got = events(world.client.body)
    said = "".join(e["choices"][0]["delta"].get("content", "") for e in got if e["choices"])  # type: ignore[index,attr-defined]
    assert said == "".join(f"w{number} " for number in range(10))
    end = next(event for event in got if event.get("guard"))
    assert end["guard"] == {"exchange": world.exchange.id, "reason": "budget", "budget": "b"}
    assert end["choices"] == [{"index": 0, "finish_reason": "length", "delta": {}}]
    assert [e["usage"]["completion_tokens"] for e in got if e.get("usage")] == [10] * usage  # type: ignore[index]
    assert world.client.body.endswith(b"data: [DONE]\n\n")
    assert world.client.ended
    assert world.answer.closed
    assert (world.closing.status, world.closing.reason) == (Status.COMPLETED, "budget")
    assert world.closing.usage.completion == 10
    assert await funds.spent() == 3 + 10  # eleven characters of prompt, which nobody counted


async def test_an_answer_that_ends_at_its_limit_ends_as_the_backend_said(engine: PatternEngine) -> None:
    funds = Funds(PROMPT + 10)
    world = await World(engine, spoken(10), body=asking(), budgets=funds.book).run()

    assert b'"finish_reason":"stop"' in world.client.body
    assert b'"guard"' not in world.client.body
    assert await funds.spent() == COUNTED + 10


async def test_running_counts_are_believed_before_chunks(engine: PatternEngine) -> None:
    def counted(text: str, completion: int) -> bytes:
        usage = b'"usage":{"prompt_tokens":5,"completion_tokens":%d,"total_tokens":9},"choices"' % completion
        return chunk(text).replace(b'"choices"', usage)

    funds = Funds(PROMPT + 10)
    script = [counted("ab ", 4), counted("cd ", 8), counted("ef ", 12), counted("gh ", 16)]
    world = await World(engine, script, body=asking(usage=True), budgets=funds.book).run()

    assert (b"cd" in world.client.body, b"ef" in world.client.body) == (True, False)
    assert await funds.spent() == 5 + 8
    assert world.closing.source is UsageSource.PROVIDER


async def test_choices_share_what_is_granted_and_each_that_runs_is_ended(engine: PatternEngine) -> None:
    def both(text: str) -> bytes:
        return chunk(text) + chunk(text).replace(b'"index":0', b'"index":1')

    funds = Funds(PROMPT + 4)
    world = await World(engine, [both("a "), both("b "), both("c "), END], body=asking(n=2), budgets=funds.book).run()

    ends = [choice for e in events(world.client.body) for choice in e["choices"] if choice.get("finish_reason")]  # type: ignore[attr-defined]
    assert [(end["index"], end["finish_reason"]) for end in ends] == [(0, "length"), (1, "length")]
    assert world.client.body.count(b"b ") == 2
    assert b"c " not in world.client.body
    assert await funds.spent() == 3 + 4


async def test_what_was_held_when_the_limit_came_is_inspected_and_leaves(engine: PatternEngine) -> None:
    script = [chunk("write to jane."), chunk("doe@example"), chunk(".com"), chunk(" now"), END]
    world = await World(engine, script, body=asking(), budgets=Funds(PROMPT + 3).book).run()

    assert b"doe" not in world.client.body
    assert b"write to" in world.client.body
    assert b"[EMAIL_ADDRESS" in world.client.body or b"<EMAIL_ADDRESS" in world.client.body
    assert b"length" in world.client.body


async def test_a_policys_limit_holds_a_stream_as_well(engine: PatternEngine) -> None:
    decision = Decision(actions={"*": Action.REDACT}, limits=TokenLimits(max_tokens=2))
    world = await World(engine, spoken(5), body=asking(), decision=decision).run()

    end = next(event for event in events(world.client.body) if event.get("guard"))
    assert end["guard"] == {"exchange": world.exchange.id, "reason": "max_tokens"}
    assert (world.closing.reason, world.closing.usage.completion) == ("max_tokens", 2)


async def test_a_whole_answer_that_is_longer_is_delivered_and_charged(engine: PatternEngine) -> None:
    funds = Funds(PROMPT + 10)
    answer = {
        "id": "c",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "long"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": COUNTED, "completion_tokens": 80, "total_tokens": 85},
    }
    world = World(
        engine,
        [json.dumps(answer).encode()],
        body=asking(stream=False),
        content_type="application/json",
        budgets=funds.book,
    )
    await world.run()

    assert b"long" in world.client.body
    assert sent(world)["max_tokens"] == 10
    assert await funds.spent() == funds.limit  # no less than nothing is left
    again = await World(engine, [], body=asking(stream=False), budgets=funds.book).run()
    assert again.client.status == 429


@pytest.mark.parametrize(
    ("decision", "error", "status", "spent"),
    [
        (Decision(deny=(Denial("no", "no"),)), None, 200, 0),
        (None, BackendUnreachable("gone"), 200, 0),
        (None, None, 503, 0),
        (None, BackendTimeout("slow"), 200, 3),
    ],
)
async def test_what_comes_to_nothing_is_released(
    engine: PatternEngine, decision: Decision | None, error: GuardError | None, status: int, spent: int
) -> None:
    """A backend that was asked and fell silent may have read the prompt: that is spent."""
    funds = Funds(1000)
    script = [b'{"error":{"message":"busy"}}'] if status != 200 else []
    world = World(engine, script, body=asking(), decision=decision, call_error=error, status=status, budgets=funds.book)
    await world.run()
    assert await funds.spent() == spent


async def test_a_client_that_leaves_has_spent_what_was_written(engine: PatternEngine) -> None:
    funds = Funds(1000)
    world = World(engine, [chunk("a "), chunk("b "), None], body=asking(), budgets=funds.book)
    await world.run(lambda world: world.client.leaves.set())

    assert world.closing.status is Status.ABORTED
    assert await funds.spent() == 3 + 2


async def test_the_policy_reads_what_is_left(engine: PatternEngine) -> None:
    world = await World(engine, spoken(1), body=asking(), budgets=Funds(1000).book).run()
    assert world.policy.asked[0].budget == BudgetFacts(1000, None, "b")


async def run_all(worlds: Sequence[World]) -> None:
    async with asyncio.TaskGroup() as group:
        for world in worlds:
            group.create_task(world.run())


@pytest.mark.parametrize("obeys", [True, False])
async def test_two_hundred_streams_on_a_budget_for_ten_end_within_it(engine: PatternEngine, obeys: bool) -> None:
    answer = 20
    funds = Funds(10 * (PROMPT + answer))
    script = spoken(answer if obeys else 3 * answer)
    worlds = [World(engine, script, body=asking(max_tokens=answer), budgets=funds.book) for _ in range(200)]
    await run_all(worlds)

    served = [world for world in worlds if world.client.status == 200]
    assert {world.client.status for world in worlds if world not in served} == {429}
    assert len(served) == 10
    usages = [world.closing.usage for world in worlds]
    charged = sum((usage.prompt or 0) + (usage.completion or 0) for usage in usages)
    assert charged == await funds.spent() == 10 * ((COUNTED if obeys else 3) + answer) <= funds.limit


async def test_streams_go_on_until_not_a_token_is_left(engine: PatternEngine) -> None:
    """What is not used is reserved anew: rounds of streams that ignore their limits spend the budget and no more."""
    funds = Funds(400)
    for _ in range(30):
        await run_all([World(engine, spoken(90), body=asking(max_tokens=60), budgets=funds.book) for _ in range(20)])

    spent = await funds.spent()
    assert spent <= funds.limit
    assert funds.limit - spent < PROMPT + 1
    assert (await World(engine, spoken(1), body=asking(), budgets=funds.book).run()).client.status == 429


async def test_another_tenants_budget_is_another(engine: PatternEngine) -> None:
    funds = Funds(PROMPT + 10)
    other = Identity("other", "k2", "free")
    await World(engine, spoken(10), body=asking(), budgets=funds.book).run()
    world = await World(engine, spoken(10), body=asking(), budgets=funds.book, identity=other).run()
    assert world.client.status == 200
