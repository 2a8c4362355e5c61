"""A client that asks is told at the end of its stream what the ledger will say; all others get the bytes alone."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from guard.core.action import Action
from guard.core.decision import Decision, TokenLimits
from guard.core.entry import Closing
from guard.errors import BackendTimeout
from guard.metering.count.desk import CountDesk
from guard.metering.price.book import Book, Price
from guard.metering.price.rating import BookRater
from guard.scan.engine import PatternEngine
from tests.metering.count.words import words
from tests.runtime.later import Later
from tests.runtime.test_budgeted import spoken, told
from tests.runtime.world import BODY, END, WHOLE, World, chunk

RATER = BookRater(Book("v1", (Price(models=("m",), prompt=2_000_000, answer=10_000_000),)))
ASKS = (("x-guard-usage", "true"),)
DONE = b"data: [DONE]\n\n"
FINISH, _, _ = END.partition(DONE)
SECRET = "mail jane.roe@example.com now"
BLOCKS = Decision(actions={"*": Action.BLOCK})
MASKS = Decision(actions={"*": Action.REDACT})
SHORT = Decision(actions={"*": Action.REDACT}, limits=TokenLimits(max_tokens=3))
SHOWN = BODY.replace(b'"stream":true', b'"stream":true,"stream_options":{"include_usage":true}')
WHOLE_ANSWER = (
    b'{"id":"c","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}],'
    b'"usage":{"prompt_tokens":5,"completion_tokens":7,"total_tokens":12}}'
)


def bills(body: bytes) -> list[dict[str, Any]]:
    return [event["guard"] for event in _events(body) if "usage" in event.get("guard", {})]


def _events(body: bytes) -> list[dict[str, Any]]:
    return [json.loads(line[6:]) for line in body.splitlines() if line.startswith(b"data: {")]


def entry(closing: Closing) -> dict[str, Any]:
    """What the bill must say of a ledger's entry."""
    usage = closing.usage
    return {
        "exchange": closing.exchange,
        "usage": {
            "prompt_tokens": usage.prompt,
            "cached_tokens": usage.cached,
            "audio_tokens": usage.audio,
            "image_tokens": usage.image,
            "completion_tokens": usage.completion,
            "reasoning_tokens": usage.reasoning,
            "tool_tokens": usage.tool,
            "withheld_tokens": closing.withheld,
            "source": closing.source.value,
            "split_source": closing.split_source.value if closing.split_source is not None else None,
        },
        "cost_nanousd": closing.cost_nanousd,
        "price_version": closing.price_version,
    }


@pytest.mark.parametrize(
    ("script", "decision", "body"),
    [
        (spoken(7), MASKS, BODY),
        (spoken(7), MASKS, SHOWN),
        ([chunk("Hello."), END], MASKS, BODY),
        ([chunk(SECRET), FINISH, told(5, 9), DONE], MASKS, BODY),
        ([chunk(SECRET), FINISH, told(5, 9), DONE], BLOCKS, BODY),
        ([chunk(SECRET), FINISH, told(5, 9), DONE], BLOCKS, SHOWN),
        ([chunk("a "), chunk("b "), chunk("c "), chunk("d "), chunk("e "), END], SHORT, BODY),
        ([chunk("a "), chunk("b "), chunk("c "), chunk("d "), chunk("e "), END], SHORT, SHOWN),
    ],
    ids=[
        "reported",
        "reported-and-shown",
        "estimated",
        "masked",
        "blocked",
        "blocked-and-shown",
        "cut",
        "cut-and-shown",
    ],
)
async def test_the_bill_is_what_the_ledger_says(
    engine: PatternEngine, script: list[bytes], decision: Decision, body: bytes
) -> None:
    world = await World(engine, script, decision=decision, body=body, rater=RATER, headers=ASKS).run()
    assert bills(world.client.body) == [entry(world.closing)]
    *_, last, end = world.client.body.split(b"\n\n")[:-1]
    assert end == b"data: [DONE]"
    assert json.loads(last[6:])["choices"] == []
    assert json.loads(last[6:])["guard"]["cost_nanousd"] > 0


@pytest.mark.parametrize(
    "headers", [(), (("x-guard-usage", "false"),), (("x-guard-usage", "1"),), (("x-guard-usage", ""),)]
)
async def test_nobody_else_gets_a_byte_more(engine: PatternEngine, headers: tuple[tuple[str, str], ...]) -> None:
    script = spoken(7)
    world = await World(engine, script, body=SHOWN, rater=RATER, headers=headers).run()
    assert world.client.body == b"".join(script)


async def test_all_other_bytes_stay_as_they_were(engine: PatternEngine) -> None:
    script = spoken(7)
    world = await World(engine, script, body=SHOWN, rater=RATER, headers=ASKS).run()
    before, _, rest = world.client.body.partition(b'data: {"id":"c","object":"chat.completion.chunk","created":0')
    assert before == b"".join(script).removesuffix(DONE)
    assert rest.endswith(b"\n\n" + DONE)


async def test_a_stream_that_fails_has_no_bill_and_no_end(engine: PatternEngine) -> None:
    world = await World(engine, [chunk("Hello. "), BackendTimeout("slow")], rater=RATER, headers=ASKS).run()
    assert bills(world.client.body) == []
    assert DONE not in world.client.body


async def test_without_prices_the_cost_is_null(engine: PatternEngine) -> None:
    world = await World(engine, spoken(7), headers=ASKS).run()
    (found,) = bills(world.client.body)
    assert (found["cost_nanousd"], found["price_version"]) == (None, None)


@pytest.mark.parametrize("decision", [MASKS, BLOCKS], ids=["passes", "blocked"])
async def test_a_whole_answer_says_what_it_cost(engine: PatternEngine, decision: Decision) -> None:
    answer = WHOLE_ANSWER if decision is MASKS else WHOLE_ANSWER.replace(b"Hi", SECRET.encode())
    world = World(
        engine, [answer], body=WHOLE, content_type="application/json", decision=decision, rater=RATER, headers=ASKS
    )
    await world.run()
    assert world.client.headers["x-guard-cost-nanousd"] == str(world.closing.cost_nanousd) == str(5 * 2 + 7 * 10)
    assert bills(world.client.body) == []


@pytest.mark.parametrize(
    ("world", "cost"),
    [
        ({"body": BODY.replace(b"hello there", SECRET.encode()), "decision": BLOCKS}, "0"),
        ({"script": [b'{"error":{"message":"no"}}'], "status": 429, "content_type": "application/json"}, "0"),
        ({"call_error": BackendTimeout("slow")}, "*"),
    ],
    ids=["blocked-prompt", "backend-refuses", "backend-times-out"],
)
async def test_a_refusal_says_what_it_cost(engine: PatternEngine, world: dict[str, Any], cost: str) -> None:
    done = await World(engine, rater=RATER, **world).run()
    assert done.client.status >= 400
    assert done.client.headers["x-guard-cost-nanousd"] == str(done.closing.cost_nanousd)
    assert cost in ("*", str(done.closing.cost_nanousd))


async def test_what_has_no_price_has_no_header(engine: PatternEngine) -> None:
    world = World(engine, [WHOLE_ANSWER], body=WHOLE, content_type="application/json")
    assert "x-guard-cost-nanousd" not in (await world.run()).client.headers


@pytest.fixture
def desk() -> Iterator[CountDesk]:
    desk = CountDesk(1_000_000)
    desk.add(("m",), words(), picture_tokens=0)
    yield desk
    desk.stop()


async def test_what_a_tokenizer_counts_is_billed_as_the_ledger_has_it(engine: PatternEngine, desk: CountDesk) -> None:
    script = [chunk("one two "), chunk("three"), END]
    world = await World(engine, script, rater=RATER, tokenizers=desk, headers=ASKS).run()
    assert bills(world.client.body) == [entry(world.closing)]
    assert bills(world.client.body)[0]["usage"]["source"] == "counted"


async def test_a_whole_answer_that_a_tokenizer_counts_costs_what_the_ledger_says(
    engine: PatternEngine, desk: CountDesk
) -> None:
    uncounted, _, _ = WHOLE_ANSWER.replace(b"Hi", b"one two three").partition(b',"usage"')
    world = World(engine, [uncounted + b"}"], body=WHOLE, content_type="application/json", rater=RATER, tokenizers=desk)
    await world.run()
    assert world.closing.usage.completion == 3
    assert world.client.headers["x-guard-cost-nanousd"] == str(world.closing.cost_nanousd)


@pytest.mark.parametrize("text", ["all is well", "a bomb is here"], ids=["passes", "blocked"])
async def test_a_stream_whose_verdicts_come_later_is_billed_behind_them(engine: PatternEngine, text: str) -> None:
    later = Later()
    later.at_once = True
    script = [*(chunk(f"{word} ") for word in text.split()), FINISH, told(5, 9), DONE]
    world = World(engine, script, deferred=(later,), decision=BLOCKS, rater=RATER, headers=ASKS)
    await world.run()
    assert bills(world.client.body) == [entry(world.closing)]
    assert world.client.body.endswith(b"\n\n" + DONE)
