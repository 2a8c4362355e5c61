"""What tenants try in order to have tokens for nothing."""

import json
from pathlib import Path

import msgspec
import pytest
from ulid import ULID

from guard.core.entry import Opening, Status
from guard.core.tier import Tier
from guard.dialects import openai
from guard.dialects.openai_reader import Limits
from guard.metering.ledger.ledger import SqlLedger
from guard.metering.ledger.options import LedgerOptions
from guard.metering.ledger.reader import LedgerReader
from guard.metering.usage import estimate
from guard.runtime.allowance import most_tokens
from guard.runtime.budgeting import prompt_bound
from guard.runtime.facts import chars_of
from guard.scan.engine import PatternEngine
from tests.runtime.test_budgeted import COUNTED, PROMPT, Funds, asking, sent
from tests.runtime.world import END, World, chunk


def running(choice: int, text: str, completion: int) -> bytes:
    """A chunk as vLLM's with `continuous_usage_stats`: the count is its choice's."""
    usage = b'"usage":{"prompt_tokens":5,"completion_tokens":%d,"total_tokens":%d},"choices"'
    told = chunk(text).replace(b'"choices"', usage % (completion, 5 + completion))
    return told.replace(b'"index":0', b'"index":%d' % choice)


async def test_choices_that_are_left_before_the_total_cost_all_that_each_has_written(engine: PatternEngine) -> None:
    script = [running(choice, "a ", count) for count in (1, 2, 3) for choice in range(4)]
    world = World(engine, [*script, None], body=asking(n=4))
    await world.run(lambda world: world.client.leaves.set())

    assert world.closing.status is Status.ABORTED
    assert world.closing.usage.completion == 4 * 3


async def test_running_counts_of_choices_are_added_for_the_limit(engine: PatternEngine) -> None:
    funds = Funds(PROMPT + 8)
    script = [running(choice, "a ", count) for count in range(1, 9) for choice in range(4)]
    world = await World(engine, [*script, END], body=asking(n=4), budgets=funds.book).run()

    assert world.client.body.count(b'"content":"a "') == 8
    assert (world.closing.reason, world.closing.usage.completion) == ("budget", 8)
    assert await funds.spent() == COUNTED + 8


@pytest.mark.parametrize("lies", [[0] * 30, [1] * 30, list(range(30, 0, -1))], ids=["zero", "one", "fewer"])
async def test_a_running_count_that_does_not_grow_bounds_nothing_and_chunks_do(
    engine: PatternEngine, lies: list[int]
) -> None:
    """A budget of a hundred: a backend that tells less than it told before is counted by its chunks."""
    funds = Funds(PROMPT + 40)
    script = [running(0, "a ", count) for count in lies for _ in range(3)]
    world = await World(engine, [*script, END], body=asking(), budgets=funds.book).run()

    assert world.closing.reason == "budget"
    assert world.client.body.count(b'"content":"a "') <= 41


def _tools(schema: dict[str, object]) -> list[dict[str, object]]:
    return [{"type": "function", "function": {"name": "f", "parameters": schema}}]


def body(**members: object) -> bytes:
    request = {"model": "m", "messages": [{"role": "user", "content": "hello there"}]}
    return json.dumps({**request, **members}).encode()


@pytest.mark.parametrize(
    ("asked", "goes"),
    [
        # vLLM reads `max_completion_tokens or max_tokens`, SGLang the other way round: zero is no limit to them.
        ({"max_completion_tokens": 0}, {"max_completion_tokens": 1}),
        ({"max_tokens": 0}, {"max_tokens": 1}),
        ({"max_completion_tokens": 0, "max_tokens": 5}, {"max_completion_tokens": 1, "max_tokens": 5}),
        ({"max_completion_tokens": -1}, {"max_completion_tokens": 20}),
        ({"max_completion_tokens": None}, {"max_tokens": 20}),
        ({"max_completion_tokens": 5, "max_tokens": 900}, {"max_completion_tokens": 5, "max_tokens": 20}),
        # llama.cpp's server heeds this one before max_tokens.
        ({"n_predict": -1}, {"n_predict": 20, "max_tokens": 20}),
        ({"n_predict": 900, "max_tokens": 5}, {"n_predict": 20, "max_tokens": 5}),
        ({"n_predict": 7, "max_tokens": 5}, {"n_predict": 7, "max_tokens": 5}),
    ],
)
async def test_no_member_lets_a_whole_answer_be_longer_than_what_is_left(
    engine: PatternEngine, asked: dict[str, object], goes: dict[str, object]
) -> None:
    funds = Funds(PROMPT + 20)
    world = await World(engine, [], body=body(**asked), content_type="application/json", budgets=funds.book).run()
    members = sent(world)
    assert {name: members[name] for name in (*goes, *asked) if members.get(name) is not None} == goes
    assert world.closing.reserved_tokens >= PROMPT + max(int(value) for value in goes.values())  # type: ignore[call-overload]


@pytest.mark.parametrize("member", ["best_of", "n", "n_cmpl", "max_tokens", "max_completion_tokens", "n_predict"])
@pytest.mark.parametrize("value", [4.5, "4", [4], True, {"a": 4}, -4, 10**12], ids=str)
async def test_a_member_that_says_how_much_is_written_must_be_a_count(
    engine: PatternEngine, member: str, value: object
) -> None:
    """Servers that read numbers out of texts would write more than is reserved."""
    world = await World(engine, [], body=body(**{"max_tokens": 5, member: value}), budgets=Funds(1000).book).run()
    assert (world.client.status, world.backend.calls) == (400, [])


@pytest.mark.parametrize(
    ("members", "answers"),
    [({"best_of": 4}, 4), ({"best_of": 4, "n": 2}, 4), ({"n": 3}, 3), ({"n_cmpl": 4, "n": 1}, 4), ({}, 1)],
)
def test_a_tiers_tokens_are_taken_for_every_answer_that_is_written(members: dict[str, int], answers: int) -> None:
    prompt = openai.completions(Limits()).prompt(
        json.dumps({"model": "m", "prompt": "x", "max_tokens": 10, **members}).encode()
    )
    assert most_tokens(prompt, Tier("free"), 5, "openai.completions") == 5 + 10 * answers


WORDS = ["abcdefgh"] * 1000


@pytest.mark.parametrize(
    "members",
    [
        pytest.param({"tools": _tools({"enum": WORDS})}, id="words of a schema"),
        pytest.param({"tools": _tools({f"Name-{n}": {} for n in range(1000)})}, id="names of a schema"),
        pytest.param({"tools": _tools({"enum": list(range(10**8, 10**8 + 1000))})}, id="numbers of a schema"),
        pytest.param({"messages": [{"role": "user", "content": word} for word in WORDS]}, id="a word a message"),
        pytest.param({"prompt": WORDS}, id="a word a prompt"),
        pytest.param({"prompt": list(range(10**5, 10**5 + 1400))}, id="token ids"),
        pytest.param({"prompt": [list(range(10**5, 10**5 + 1400))]}, id="token ids of one prompt"),
    ],
)
def test_all_that_a_model_reads_counts_as_prompt(members: dict[str, object]) -> None:
    """Names, plain words and numbers are inspected in other ways than texts are, and yet are tokens."""
    prompt = openai.completions(Limits()).prompt(json.dumps({"model": "m", **members}).encode())
    assert 2000 <= estimate(chars_of(prompt), 0) < 4000
    assert prompt_bound(prompt) >= 2500


async def test_a_prompt_of_plain_words_is_charged_when_its_client_leaves_at_once(engine: PatternEngine) -> None:
    funds = Funds(10_000)
    world = World(engine, [None], body=body(stream=True, tools=_tools({"enum": WORDS})), budgets=funds.book)
    await world.run(lambda world: world.client.leaves.set())

    assert world.closing.status is Status.ABORTED
    assert await funds.spent() >= 2000


async def test_a_key_that_is_another_exchanges_id_stands_in_no_exchanges_way(
    engine: PatternEngine, tmp_path: Path
) -> None:
    """Entered first, by another process, it would take the place of the exchange's own entry and tenant."""
    url = f"sqlite:///{tmp_path / 'guard.db'}"
    one, other = (SqlLedger(LedgerOptions(url=url, flush_ms=60_000)) for _ in range(2))
    one.start()
    other.start()
    long = Opening(str(ULID()), "t", "k", "free", "openai.chat", "m", "b", True, 1_796_040_000_000)
    quick = await World(engine, [END], headers=(("idempotency-key", long.exchange),)).run()
    (opening,) = quick.ledger.openings
    other.open(opening)
    other.close(quick.closing)
    other.stop()
    one.open(long)
    one.close(msgspec.structs.replace(quick.closing, exchange=long.exchange))
    one.stop()
    shown = {entry["exchange"]: entry["tenant"] for entry in LedgerReader(url).tail(10)}
    assert shown == {long.exchange: "t", opening.exchange: "t"}


@pytest.mark.parametrize(
    ("asked", "answer", "charged"),
    [
        pytest.param(400, b'{"choices":[' + b" " * 1_000_000, 400, id="a broken body, up to what was asked for"),
        pytest.param(400, b"x" * 400, 100, id="no body at all, by its size"),
        pytest.param(400, b"", 0, id="nothing"),
    ],
)
async def test_a_whole_answer_that_can_not_be_read_was_written_all_the_same(
    engine: PatternEngine, asked: int, answer: bytes, charged: int
) -> None:
    """Log-probabilities make answers too large: a tenant could keep a backend busy for its prompts alone."""
    funds = Funds(10_000)
    script = [answer] if answer else []
    world = World(engine, script, body=body(max_tokens=asked), content_type="application/json", budgets=funds.book)
    await world.run()

    assert (world.client.status, world.closing.status) == (502, Status.FAILED)
    assert (world.closing.usage.completion, world.closing.withheld) == (charged, charged)
    assert await funds.spent() == 3 + charged


async def test_a_whole_answer_that_is_left_while_it_comes_is_charged_for_what_came(engine: PatternEngine) -> None:
    world = World(engine, [b"x" * 400, None], body=body(max_tokens=1000), content_type="application/json")
    await world.run(lambda world: world.client.leaves.set())
    assert (world.closing.status, world.closing.usage.completion) == (Status.ABORTED, 100)


async def test_a_whole_answer_that_is_read_is_charged_by_its_text(engine: PatternEngine) -> None:
    answer = b'{"id":"c","choices":[{"index":0,"message":{"content":"abcd efg"},"finish_reason":"stop"}]}'
    world = await World(engine, [answer], body=body(), content_type="application/json").run()
    assert (world.closing.usage.completion, world.closing.withheld) == (2, 0)


@pytest.mark.parametrize(
    ("prompts", "answers"),
    [
        (["a", "b c"], 2),
        ([[1, 2], [3, 4], [5, 6]], 3),
        ([[10**12, 2], [3, 10**12]], 2),
        ([[1], [], ["x"]], 3),
        ([1, 2, 3], 1),
        ([10**12, 2, 3], 1),
        ("a", 1),
        ([], 1),
    ],
)
def test_every_prompt_has_an_answer_also_those_of_token_ids(prompts: object, answers: int) -> None:
    body = json.dumps({"model": "m", "prompt": prompts}).encode()
    assert openai.completions(Limits()).prompt(body).choices == answers
