"""What a backend does not report a tokenizer counts: to the word, whatever ends the answer; and nothing else."""

from collections.abc import Iterator, Sequence

import msgspec
import pytest

from guard.core.action import Action
from guard.core.decision import Decision
from guard.core.entry import Closing, Status
from guard.core.usage import UsageSource
from guard.errors import BackendTimeout, BackendUnreachable
from guard.metering.count.desk import CountDesk
from guard.metering.count.tokenizer import ModelTokenizer
from guard.runtime.counting import KEPT_CHARS
from guard.scan.engine import PatternEngine
from tests.metering.count.words import broken, words
from tests.runtime.world import BODY, END, World, chunk

COUNTED, PROVIDER, ESTIMATED = UsageSource.COUNTED, UsageSource.PROVIDER, UsageSource.ESTIMATED
PROMPT = 2 + 4 + 3
"""Two words, one message, the turn."""


class Desk(CountDesk):
    """Remembers what it was asked to count."""

    def __init__(self, most_chars: int = 8_000_000) -> None:
        super().__init__(most_chars)
        self.asked: list[str] = []

    async def count(self, tokenizer: ModelTokenizer, texts: Sequence[str]) -> Sequence[int] | None:
        self.asked += texts
        return await super().count(tokenizer, texts)


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    desk.add(("m",), words(), picture_tokens=100)
    yield desk
    desk.stop()


def thought(text: str) -> bytes:
    return chunk(text).replace(b'"content"', b'"reasoning_content"')


def call(arguments: str) -> bytes:
    function = b'{"index":0,"id":"a","type":"function","function":{"name":"pay","arguments":"%s"}}' % arguments.encode()
    return b'data: {"id":"c","model":"m","choices":[{"index":0,"delta":{"tool_calls":[%s]}}]}\n\n' % function


def counted(prompt: int, completion: int) -> bytes:
    usage = b'{"prompt_tokens":%d,"completion_tokens":%d}' % (prompt, completion)
    return b'data: {"id":"c","model":"m","choices":[],"usage":%s}\n\n' % usage


def ended(*parts: bytes) -> list[bytes]:
    stop, done = END.split(b"\n\n", 1)
    return [*parts[:-1], stop + b"\n\n", parts[-1], done]


def tokens(closing: Closing) -> tuple[int | None, ...]:
    usage = closing.usage
    return usage.prompt, usage.completion, usage.reasoning, usage.tool


async def test_an_answer_that_nobody_counts_is_counted(engine: PatternEngine, desk: Desk) -> None:
    world = await World(engine, [chunk("one two "), chunk("three"), END], tokenizers=desk).run()

    assert (tokens(world.closing), world.closing.source) == ((PROMPT, 3, None, None), COUNTED)


async def test_what_the_backend_counts_is_not(engine: PatternEngine, desk: Desk) -> None:
    script = ended(chunk("one two "), chunk("three"), counted(20, 30))
    world = await World(engine, script, tokenizers=desk).run()

    assert (tokens(world.closing), world.closing.source) == ((20, 30, None, None), PROVIDER)
    assert desk.asked == []


async def test_thoughts_and_calls_are_parts_of_what_the_backend_counts(engine: PatternEngine, desk: Desk) -> None:
    script = ended(thought("hm so it is"), chunk("one two"), call("1 2 3"), counted(20, 14))
    world = await World(engine, script, tokenizers=desk).run()

    assert (tokens(world.closing), world.closing.source) == ((20, 14, 4, 1 + 3), PROVIDER)
    assert world.closing.split_source is COUNTED


async def test_a_token_a_piece_needs_no_tokenizer(engine: PatternEngine, desk: Desk) -> None:
    script = ended(thought("hm"), thought(" so"), chunk("one"), counted(20, 5))
    world = await World(engine, script, tokenizers=desk).run()

    assert (tokens(world.closing), world.closing.split_source) == ((20, 5, 2, None), COUNTED)
    assert desk.asked == []


async def test_an_answer_that_breaks_off_is_counted_to_the_last_word(engine: PatternEngine, desk: Desk) -> None:
    world = await World(engine, [thought("hm so"), chunk("one two")], tokenizers=desk).run()

    assert world.closing.status is Status.FAILED
    assert (tokens(world.closing), world.closing.source) == ((PROMPT, 4, 2, None), COUNTED)


async def test_a_client_that_leaves_pays_for_what_came(engine: PatternEngine, desk: Desk) -> None:
    world = World(engine, [chunk("one two "), None], tokenizers=desk)
    await world.run(lambda world: world.client.leaves.set())

    assert world.closing.status is Status.ABORTED
    assert (tokens(world.closing), world.closing.source) == ((PROMPT, 2, None, None), COUNTED)


async def test_what_came_after_a_running_count_is_added(engine: PatternEngine, desk: Desk) -> None:
    running = chunk("one two").replace(b"]}\n", b'],"usage":{"prompt_tokens":20,"completion_tokens":7}}\n')
    world = await World(engine, [running, chunk(" three four five")], tokenizers=desk).run()

    assert (tokens(world.closing), world.closing.source) == ((20, 7 + 3, None, None), COUNTED)
    assert desk.asked == [" three four five"]


async def test_a_blocked_answer_is_told_the_counts_that_the_ledger_has(engine: PatternEngine, desk: Desk) -> None:
    body = BODY.replace(b'"stream":true', b'"stream":true,"stream_options":{"include_usage":true}')
    decision = Decision(actions={"*": Action.BLOCK})
    script = [chunk("ask "), chunk("joe@example.com "), chunk("now")]
    world = await World(engine, script, body=body, decision=decision, tokenizers=desk).run()

    assert world.closing.status is Status.BLOCKED
    assert (tokens(world.closing), world.closing.source) == ((PROMPT, 2, None, None), COUNTED)
    told = [msgspec.json.decode(line[6:]) for line in world.client.body.splitlines() if line.startswith(b"data: {")]
    assert told[-1]["usage"]["prompt_tokens"] == PROMPT
    assert told[-1]["usage"]["completion_tokens"] == 2
    assert world.closing.withheld == 2


async def test_a_long_answer_is_counted_as_it_comes(engine: PatternEngine, desk: Desk) -> None:
    part = "lorem ipsum " * 100
    times = 3 * KEPT_CHARS // len(part)
    world = await World(engine, [chunk(part)] * times, tokenizers=desk).run()

    assert tokens(world.closing) == (PROMPT, 200 * times, None, None)
    assert len(desk.asked) > 3
    assert max(map(len, desk.asked)) <= KEPT_CHARS + len(part)


async def test_a_long_answer_that_the_backend_counts_is_dropped_uncounted(engine: PatternEngine, desk: Desk) -> None:
    part = "lorem ipsum " * 100
    times = 2 * KEPT_CHARS // len(part)
    running = [
        chunk(part).replace(b"]}\n", b'],"usage":{"prompt_tokens":20,"completion_tokens":%d}}\n' % (300 * n))
        for n in range(1, times)
    ]
    world = await World(engine, [*running, chunk("one two")], tokenizers=desk).run()

    assert tokens(world.closing) == (20, 300 * (times - 1) + 2, None, None)
    assert desk.asked == ["one two"]


async def test_what_was_counted_before_a_report_is_not_counted_again(engine: PatternEngine, desk: Desk) -> None:
    part = "lorem ipsum " * 100
    times = KEPT_CHARS // len(part) + 1
    report = chunk(part).replace(b"]}\n", b'],"usage":{"prompt_tokens":20,"completion_tokens":9000}}\n')
    world = await World(engine, [*([chunk(part)] * times), report, chunk("one two")], tokenizers=desk).run()

    assert tokens(world.closing) == (20, 9000 + 2, None, None)
    assert len(desk.asked) == 2


@pytest.mark.parametrize("kind", ["too much waits", "the tokenizer fails"])
async def test_what_can_not_be_counted_is_estimated(engine: PatternEngine, kind: str) -> None:
    desk = Desk(most_chars=3 if kind == "too much waits" else 1000)
    desk.add(("m",), broken() if kind == "the tokenizer fails" else words())
    world = await World(engine, [chunk("one two "), chunk("three"), END], tokenizers=desk).run()
    desk.stop()

    assert world.client.ended
    assert (tokens(world.closing), world.closing.source) == ((3, 4, None, None), ESTIMATED)


async def test_a_model_without_a_tokenizer_is_estimated(engine: PatternEngine) -> None:
    desk = Desk()
    desk.add(("other",), words())
    world = await World(engine, [chunk("one two "), END], tokenizers=desk).run()
    desk.stop()

    assert (tokens(world.closing), world.closing.source, desk.asked) == ((3, 2, None, None), ESTIMATED, [])


async def test_a_backend_that_never_answers_has_had_the_prompt(engine: PatternEngine, desk: Desk) -> None:
    silent = BackendTimeout("no answer")
    world = await World(engine, call_error=silent, tokenizers=desk).run()

    assert world.closing.status is Status.FAILED
    assert (tokens(world.closing), world.closing.source) == ((PROMPT, 0, None, None), COUNTED)


async def test_a_backend_that_was_not_reached_has_had_nothing(engine: PatternEngine, desk: Desk) -> None:
    world = await World(engine, call_error=BackendUnreachable("no way"), tokenizers=desk).run()

    assert tokens(world.closing) == (0, 0, None, None)
    assert desk.asked == []


async def test_pictures_count_what_the_operator_says(engine: PatternEngine, desk: Desk) -> None:
    picture = b'{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgo="}}'
    body = b'{"model":"m","stream":true,"messages":[{"role":"user","content":[%s,%s]}]}' % (picture, picture)
    world = await World(engine, [chunk("one"), END], body=body, tokenizers=desk).run()

    assert (world.closing.usage.prompt, world.closing.usage.image) == (4 + 3 + 200, 200)
