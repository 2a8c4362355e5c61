"""Attacks on verdicts that come later: timing, cuts, company, faults and leaving clients make no difference."""

import asyncio
import contextlib
import json
import re
import threading
from collections.abc import Callable, Iterator, Sequence

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from guard.core.action import Action
from guard.core.channel import Channel
from guard.core.command import Halt, HaltReason, Release
from guard.core.decision import Decision
from guard.core.entry import Status
from guard.core.event import DeadlinePassed, Inspected
from guard.core.finding import Finding
from guard.core.hold import ChannelHold
from guard.core.plan import FailureMode, Plan, ReleaseMode
from guard.core.stream import StreamGuard
from guard.errors import EngineError
from guard.inference.runner import Floats, Ids
from guard.inference.stepper import StepLimits, Stepper
from guard.inference.turn import Reading as TokenReading
from guard.inference.turn import Word as TokenWord
from guard.inference.vocabulary import Vocabulary
from guard.runtime.pump import Exchange
from guard.scan.engine import PatternEngine
from guard.security.answer_classifier import AnswerClassifier, Opinion
from guard.security.reading import WordReader
from tests.core.playbook import found, said, text, texts, verdict
from tests.flow import cut
from tests.inference.test_stepper import Polynomial, Reader, expected
from tests.inference.test_stepper import running as stepping
from tests.runtime.later import Later
from tests.runtime.world import BODY, END, WHOLE, BrokenChannel, BrokenEngine, Client, World, chunk
from tests.security.stream_model import SPEC, LastWord, Told, encode
from tests.security.stream_model import engine as running

from .hand import CONTENT, REASONING, SECOND, HandFlow

WORDS = (
    "calm",
    "bad",
    "drug",
    "doubtful",
    "joe@example.com",
    "bad@example.com",
    "4111 1111 bad 4111",
    "4111 1111 1111 1111",
    "\n\n",
    " ",
    "\u4e2d",
    "x" * 70,
)
TEXTS = st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(["", " ", "  ", "\n"])), max_size=14).map(
    lambda parts: "".join(word + space for word, space in parts)
)
CUTS = st.lists(st.integers(0, 160), max_size=12)
STEPS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 6)), max_size=40)

MASK = {"*": Action.REDACT}
BLOCK = {"pii": Action.REDACT, "*": Action.BLOCK}
FLAG = {"*": Action.FLAG}

Steps = Sequence[tuple[int, int]]


async def silent(world: World, steps: Callable[[], object]) -> None:
    """Runs an exchange; the steps are taken once its backend is silent and everything has happened that can."""
    task = asyncio.ensure_future(world.exchange.run())
    await world.answer.silent.wait()
    for _ in range(20):
        await asyncio.sleep(0)
    steps()
    await asyncio.wait_for(task, 20)


async def flowed(engine: PatternEngine, plan: Plan, pieces: Sequence[str], steps: Steps = ()) -> HandFlow:
    flow = HandFlow(engine, plan)
    queue = list(steps)
    for piece in pieces:
        flow.write((CONTENT, piece))
        for _ in range(len(queue) // max(len(pieces), 1) + 1):
            if queue:
                await flow.step(*queue.pop(0))
    await flow.end()
    return flow


def _seen(flow: HandFlow) -> tuple[object, ...]:
    # Behind a finding that blocks, how much more was seen depends on how much more had come.
    types = flow.inspection.halt or sorted(finding.type for finding in flow.guard.findings)
    return flow.read.get(CONTENT, ""), flow.inspection.halt, types, flow.guard.strongest


@settings(max_examples=250)
@given(text=TEXTS, cuts=CUTS, steps=STEPS, actions=st.sampled_from([MASK, BLOCK, FLAG]))
@example(text=" bad calm", cuts=[1], steps=[], actions=MASK)
@example(text="calm \nbad drug ", cuts=[5, 6], steps=[(0, 0), (1, 3)], actions=BLOCK)
def test_the_client_reads_the_same_text_whatever_the_cut_and_the_timing(
    engine: PatternEngine, text: str, cuts: list[int], steps: Steps, actions: dict[str, Action]
) -> None:
    plan = Plan(actions=actions)

    async def run() -> tuple[HandFlow, HandFlow]:
        return await flowed(engine, plan, [text]), await flowed(engine, plan, cut(text, cuts), steps)

    whole, pieces = asyncio.run(run())
    assert _seen(pieces) == _seen(whole)
    assert not pieces.after_halt
    assert pieces.stepper.open_places == whole.stepper.open_places == 0
    assert pieces.guard.generated_chars <= len(text)
    assert pieces.ended == (pieces.inspection.halt is None)
    unmasked = actions is FLAG or (pieces.inspection.halt is not None and "@" not in text and "4" not in text)
    kept = pieces.guard.generated_chars - pieces.guard.withheld_chars
    assert kept == len(pieces.read.get(CONTENT, "")) or not unmasked


FRAMES = st.lists(
    st.lists(
        st.tuples(st.sampled_from([CONTENT, REASONING, SECOND]), st.sampled_from([*WORDS, "ca", "lm ", "ba", "d "])),
        min_size=1,
        max_size=3,
    ),
    max_size=12,
)


@settings(max_examples=250)
@given(frames=FRAMES, steps=STEPS, early=st.booleans())
def test_channels_that_flow_side_by_side_do_not_touch_each_other(
    engine: PatternEngine, frames: list[list[tuple[Channel, str]]], steps: Steps, early: bool
) -> None:
    plan = Plan(actions=MASK)

    async def run() -> tuple[HandFlow, dict[Channel, str]]:
        flow = HandFlow(engine, plan)
        queue = list(steps)
        for frame in frames:
            flow.write(*frame)
            for _ in range(4):
                if queue:
                    await flow.step(*queue.pop(0))
        if early:
            flow.finish(0)
            flow.finish(1)
        await flow.end()
        alone = {}
        for channel in (CONTENT, REASONING, SECOND):
            text = "".join(piece for frame in frames for where, piece in frame if where == channel)
            one = HandFlow(engine, plan)
            one.write((channel, text))
            await one.end()
            alone[channel] = one.read.get(channel, "")
        return flow, alone

    flow, alone = asyncio.run(run())
    assert {channel: flow.read.get(channel, "") for channel in alone} == alone
    assert flow.ended
    assert not flow.after_halt
    assert flow.stepper.open_places == 0


@settings(max_examples=150)
@given(text=TEXTS, cuts=CUTS, steps=STEPS, ahead=st.integers(1, 60), actions=st.sampled_from([MASK, BLOCK, FLAG]))
def test_text_that_runs_ahead_is_judged_to_its_end_before_the_end_mark(
    engine: PatternEngine, text: str, cuts: list[int], steps: Steps, ahead: int, actions: dict[str, Action]
) -> None:
    async def run() -> tuple[HandFlow, HandFlow]:
        held = await flowed(engine, Plan(actions=actions), [text])
        return held, await flowed(engine, Plan(actions=actions, ahead_chars=ahead), cut(text, cuts), steps)

    held, ahead_of = asyncio.run(run())
    assert not ahead_of.after_halt
    assert ahead_of.inspection.halt == held.inspection.halt
    assert ahead_of.ended == (held.inspection.halt is None)
    assert _seen(ahead_of)[1:] == _seen(held)[1:]


RELEASE = FailureMode.RELEASE


async def test_what_is_known_to_block_still_blocks_when_another_engine_is_lost(engine: PatternEngine) -> None:
    later = Later()
    decision = Decision(actions={"*": Action.BLOCK}, on_failure=RELEASE)
    world = World(engine, [chunk("mail joe@example.com now "), None], decision=decision, deferred=(later,))
    await silent(world, later.fail)

    assert b"mail" in world.client.body
    assert b"joe@" not in world.client.body
    assert world.closing.status is Status.BLOCKED


@pytest.mark.parametrize(("action", "shown"), [(Action.BLOCK, "aaaa "), (Action.REDACT, "aaaa [EMAIL_ADDRESS] b")])
def test_a_full_hold_that_gives_way_gives_nothing_away_that_was_found(action: Action, shown: str) -> None:
    plan = Plan({"*": action}, hold_chars=10, on_failure=RELEASE, engines=("pattern", "later"), deferred=("later",))
    guard = StreamGuard(plan)
    guard.handle(text("aaaa bcd@e.com b"))
    guard.handle(verdict(16, found("EMAIL_ADDRESS", 5, 14)))
    commands = guard.handle(DeadlinePassed())

    assert [c.texts[0] for c in commands if isinstance(c, Release) and c.texts] == [shown]
    assert (Halt(HaltReason.BLOCKED) in commands) == (action is Action.BLOCK)


def test_a_full_hold_gives_way_also_behind_a_frame_of_several_channels() -> None:
    plan = Plan({"*": Action.REDACT}, hold_chars=4, on_failure=RELEASE, engines=("later",), deferred=("later",))
    guard = StreamGuard(plan)
    guard.handle(texts(c0="a", c1="b"))
    guard.handle(text("aaaaa"))
    guard.handle(Inspected(CONTENT, "later", 0))
    lines = said(guard.handle(DeadlinePassed()))

    assert lines == ["release both", "release aaaaa", "resume"]


async def test_an_inline_engine_that_comes_back_does_not_answer_for_the_one_that_is_waited_for() -> None:
    class Hiccup(BrokenEngine):
        def open(self, channel: Channel) -> BrokenChannel:
            self.left, one = 1, BrokenChannel(self, channel)
            feed = one.feed

            def once(piece: str, final: bool) -> Inspected:
                try:
                    return feed(piece, final)
                except EngineError:
                    self.left = 100
                    raise

            one.feed = once  # type: ignore[method-assign]
            return one

    later = Later()
    later.at_once = True
    decision = Decision(actions={"*": Action.BLOCK}, on_failure=RELEASE)
    script = [chunk("one "), chunk("two "), chunk("bomb "), chunk("four "), END]
    world = await World(Hiccup(EngineError("once")), script, decision=decision, deferred=(later,)).run()

    assert b"two" in world.client.body
    assert b"bomb" not in world.client.body
    assert world.closing.status is Status.BLOCKED


@pytest.mark.parametrize("streamed", [True, False])
async def test_a_text_that_comes_at_once_may_be_longer_than_what_may_be_held(
    engine: PatternEngine, streamed: bool
) -> None:
    later = Later()
    later.at_once = True
    words = "word " * 40
    body = b'{"id":"c","choices":[{"index":0,"message":{"role":"assistant","content":"%s"}}]}' % words.encode()
    decision = Decision(actions={"*": Action.BLOCK}, hold_chars=20)
    script = [chunk(words), chunk("end"), END] if streamed else [body]
    kind = {} if streamed else {"body": WHOLE, "content_type": "application/json"}
    world = await World(engine, script, decision=decision, deferred=(later,), **kind).run()  # type: ignore[arg-type]

    assert world.client.body.count(b"word") == 40
    assert world.closing.status is Status.COMPLETED


async def test_a_long_text_waits_for_its_turn_and_not_in_everybodys_queue() -> None:
    stepper = Stepper(LastWord(), 1, StepLimits(pause_s=0.0, tokens=1000))
    stepper.start()
    classifier = AnswerClassifier(SPEC, stepper, Vocabulary(encode, 0), None)
    try:
        long, short = Told(classifier), Told(classifier)
        long.channel.feed("calm " * 20_000 + "bad", True)
        short.channel.feed("calm bad", True)
        await short.quiet()
        assert long.channel.waiting
        await long.quiet()
    finally:
        stepper.stop()

    assert short.findings == [("UNSAFE_WEAPONS", 5, 8, False)]
    assert long.findings == [("UNSAFE_WEAPONS", 100_000, 100_003, False)]


@given(text=TEXTS, cuts=CUTS)
def test_words_and_paragraphs_do_not_depend_on_the_cut(text: str, cuts: list[int]) -> None:
    def words(pieces: list[str]) -> list[tuple[object, ...]]:
        reader = WordReader()
        last = len(pieces) - 1
        return [tuple(word) for at, piece in enumerate(pieces) for word in reader.feed(piece, at == last, 0)]

    assert words(cut(text, cuts)) == words([text])


def test_endless_space_is_read_once() -> None:
    reader = WordReader()
    reader.feed("calm ", False, 0)
    for _ in range(20_000):
        reader.feed("\n", False, reader.covered)

    assert len(reader._text) < 4096
    assert reader.covered == 20_005
    assert [word.opens for word in reader.feed("calm ", False, reader.covered)] == [True]


async def test_a_question_that_ends_in_a_fault_or_is_called_off_fails_its_stream() -> None:
    async def faulty(_name: str, _text: str) -> Opinion:
        raise ZeroDivisionError

    async def cancelled(_name: str, _text: str) -> Opinion:
        raise asyncio.CancelledError

    for judge in (faulty, cancelled):
        async with running(judge) as classifier:
            told = Told(classifier)
            told.channel.feed("calm doubtful calm ", False)
            await told.quiet()
            await asyncio.sleep(0)
            assert told.failure is not None
            assert told.upto == len("calm")


async def test_a_question_ends_with_its_channel() -> None:
    async def never(_name: str, _text: str) -> Opinion:
        await asyncio.Event().wait()
        return Opinion(0.0)

    before = asyncio.all_tasks()
    async with running(never) as classifier:
        told = Told(classifier)
        told.channel.feed("doubtful calm ", False)
        async with asyncio.timeout(20):
            while asyncio.all_tasks() == before:  # noqa: ASYNC110
                await asyncio.sleep(0.001)
        told.channel.close()
        for _ in range(3):
            await asyncio.sleep(0)
        assert asyncio.all_tasks() == before
    assert told.verdicts == []
    assert told.failure is None


def test_a_finding_of_another_type_is_another_finding() -> None:
    async def run() -> list[tuple[str, int, int, bool]]:
        async with running() as classifier:
            told = Told(classifier)
            told.channel.feed("bad drug drug", True)
            return (await told.quiet()).findings

    assert [(type_, goes_on) for type_, _, _, goes_on in asyncio.run(run())] == [
        ("UNSAFE_WEAPONS", False),
        ("UNSAFE_DRUGS", False),
        ("UNSAFE_DRUGS", True),
    ]


def test_a_finding_that_begins_to_count_in_its_course_is_told() -> None:
    guard = StreamGuard(Plan({"*": Action.BLOCK}, thresholds={"*": 0.9}))
    guard.handle(text("bad worse "))
    guard.handle(verdict(10, Finding("HATE", 0, 3, 0.8), Finding("HATE", 4, 9, 0.95, continues=True)))

    assert [finding.type for finding in guard.findings] == ["HATE"]
    assert guard.strongest is Action.BLOCK


async def test_the_end_mark_waits_for_the_verdict_on_text_that_ran_ahead(engine: PatternEngine) -> None:
    later = Later()
    decision = Decision(actions={"*": Action.BLOCK}, release=ReleaseMode.OPTIMISTIC, ahead_chars=100)
    world = World(engine, [chunk("a bomb"), END, None], decision=decision, deferred=(later,))
    await silent(world, later.answer)

    assert b"[DONE]" not in world.client.body.partition(b"content_filter")[0]
    assert b'"stop"' not in world.client.body
    assert world.closing.status is Status.BLOCKED
    assert world.closing.findings == ("UNSAFE_WEAPONS",)


async def test_usage_stays_behind_the_end_mark_that_it_follows(engine: PatternEngine) -> None:
    later = Later()
    usage = b'data: {"id":"c","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}\n\n'
    end, done = END.split(b"\n\n")[:2]
    script = [chunk("hello"), end + b"\n\n", usage, done + b"\n\n", None]
    body = BODY.replace(b'"stream":true', b'"stream":true,"stream_options":{"include_usage":true}')
    world = World(engine, script, deferred=(later,), body=body)
    await silent(world, lambda: (later.answer(), world.client.leaves.set()))
    order = [world.client.body.index(part) for part in (b"hello", b'"stop"', b"prompt_tokens", b"[DONE]")]

    assert order == sorted(order)
    assert world.closing.usage.completion == 2


async def test_a_fault_while_a_verdict_is_heard_ends_the_answer_visibly(
    engine: PatternEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = Later()
    world = World(engine, [chunk("hello "), chunk("world "), None], deferred=(later,))

    def steps() -> None:
        monkeypatch.setattr(ChannelHold, "leave", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            later.answer()
        monkeypatch.undo()
        later.answer()

    await silent(world, steps)

    assert b"world" not in world.client.body
    assert b"engine_error" in world.client.body
    assert world.closing.status is Status.FAILED


@pytest.mark.parametrize("streamed", [True, False])
async def test_an_engine_that_never_answers_is_named_in_time(engine: PatternEngine, streamed: bool) -> None:
    body = b'{"id":"c","choices":[{"index":0,"message":{"role":"assistant","content":"hello"}}]}'
    script = [chunk("hello "), END] if streamed else [body]
    kind = {} if streamed else {"body": WHOLE, "content_type": "application/json"}
    world = await World(engine, script, deferred=(Later(),), idle_s=0.05, **kind).run()  # type: ignore[arg-type]

    assert b"hello" not in world.client.body
    assert b"engine_timeout" in world.client.body
    assert world.closing.reason == "engine_timeout"


@pytest.mark.parametrize("moment", range(0, 24, 2))
@pytest.mark.parametrize("later_answers", [True, False])
async def test_a_client_that_leaves_at_any_moment_leaves_nothing_behind(
    engine: PatternEngine, moment: int, later_answers: bool
) -> None:
    later = Later()
    later.at_once = later_answers
    before = asyncio.all_tasks()
    world = World(engine, [*[chunk("word ") for _ in range(8)], None], deferred=(later,))
    task = asyncio.ensure_future(world.exchange.run())
    for _ in range(moment):
        await asyncio.sleep(0)
    world.client.leaves.set()
    await asyncio.wait_for(task, 20)

    assert asyncio.all_tasks() == before
    assert all(one.closed for one in later.channels)
    if world.ledger.openings:
        assert world.closing.reason == "client_left"


async def test_shutdown_in_the_middle_of_a_stream_settles_it_and_leaves_no_task(engine: PatternEngine) -> None:
    later = Later()
    before = asyncio.all_tasks()
    world = World(engine, [chunk("hello "), None], deferred=(later,))
    task = asyncio.ensure_future(world.exchange.run())
    await world.answer.silent.wait()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task

    assert asyncio.all_tasks() == before
    assert all(one.closed for one in later.channels)
    assert world.closing.reason == "shutdown"


async def test_a_queue_without_room_in_the_middle_of_a_text_ends_it_or_is_done_without(engine: PatternEngine) -> None:
    for mode in (FailureMode.BLOCK, RELEASE):
        flow = HandFlow(engine, Plan(actions=FLAG, on_failure=mode), most=2)
        flow.write((CONTENT, "calm calm calm calm "))
        await flow.end()
        assert flow.ended == (mode is RELEASE)
        assert flow.read.get(CONTENT, "") == ("calm " * 4 if mode is RELEASE else "")
        assert flow.stepper.open_places == 0


async def test_one_answer_of_many_channels_leaves_places_for_others(engine: PatternEngine) -> None:
    flow = HandFlow(engine, Plan(actions=FLAG))
    for choice in range(2_000):
        flow.write((Channel(choice, "content"), "calm "))
    assert flow.stepper.open_places <= StepLimits().streams // 32
    assert flow.inspection.halt is HaltReason.ENGINE_FAILED


def test_no_text_shows_in_what_waits(engine: PatternEngine) -> None:
    word = WordReader().feed("secret ", False, 0)[0]
    assert "secret" not in repr(word)
    assert "7" not in repr(TokenWord([7], fresh=False))
    assert "7" not in repr(TokenReading(None, [7], [0], fresh=False))  # type: ignore[arg-type]


WORD_IDS = ([5], [7, 11], [13])


class Faulty:
    """A listener with a fault of its own."""

    def __init__(self) -> None:
        self.error: EngineError | None = None

    def stepped(self, rows: Sequence[Sequence[float]]) -> None:
        raise ZeroDivisionError

    def failed(self, error: EngineError) -> None:
        self.error = error
        raise ZeroDivisionError


@contextlib.contextmanager
def faults() -> Iterator[list[str]]:
    """What the event loop is left with."""
    seen: list[str] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: seen.append(type(context.get("exception")).__name__))
    yield seen
    loop.set_exception_handler(None)


async def test_a_fault_of_one_streams_reader_costs_no_other_stream_its_scores() -> None:
    async with stepping(Polynomial()) as stepper:
        readers = [Reader(), Faulty(), Reader(), Faulty(), Reader()]
        slots = [stepper.open(reader) for reader in readers]
        with faults() as seen:
            for count, word in enumerate(WORD_IDS, 1):
                for slot in slots:
                    if not slot.closed:
                        slot.push(word)
                for reader in readers:
                    if isinstance(reader, Reader):
                        await reader.until_told(count)
            for _ in range(4):
                await asyncio.sleep(0)

    assert [r.told for r in readers if isinstance(r, Reader)] == [expected(WORD_IDS)] * 3
    assert all(r.error is not None for r in readers if isinstance(r, Faulty))
    assert [slot.closed for slot in slots] == [False, True, False, True, False]
    assert seen == ["ZeroDivisionError"] * 4


async def test_a_fault_of_the_model_fails_every_stream_at_once_and_takes_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Bug(Polynomial):
        def step(self, ids: Ids, state: Floats) -> tuple[Floats, Floats]:
            self.gate.wait(20)
            raise ZeroDivisionError

    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    runner = Bug()
    runner.gate.clear()
    async with stepping(runner) as stepper:
        first, second = Reader(), Reader()
        slot = stepper.open(first)
        slot.push([1])
        await asyncio.sleep(0)
        other = stepper.open(second)
        other.push([1])
        runner.gate.set()
        for reader in (first, second):
            await reader.until(lambda r: r.error is not None)
        with pytest.raises(EngineError):
            stepper.open(Reader()).push([1])


async def test_streams_that_wait_when_the_model_is_stopped_fail() -> None:
    runner = Polynomial()
    stepper = Stepper(runner, 2, StepLimits(pause_s=0.0))
    stepper.stop()
    stepper.start()
    runner.gate.clear()
    readers = [Reader(), Reader()]
    stepper.open(readers[0]).push([1])
    await asyncio.sleep(0)
    stepper.open(readers[1]).push([1])
    runner.gate.set()
    stepper.stop()
    stepper.stop()
    await asyncio.sleep(0)

    assert all(reader.error is not None or reader.told for reader in readers)
    assert readers[1].error is not None


class SlowClient(Client):
    """Takes its time with each write."""

    def __init__(self, delays: Sequence[int]) -> None:
        super().__init__()
        self.delays = list(delays)

    async def write(self, data: bytes) -> None:
        for _ in range(self.delays.pop() if self.delays else 0):
            await asyncio.sleep(0)
        await super().write(data)


@settings(max_examples=100)
@given(
    text=TEXTS,
    cuts=CUTS,
    delays=st.lists(st.integers(0, 12), max_size=12),
    answers=st.lists(st.tuples(st.integers(0, 5), st.integers(1, 20)), max_size=20),
    hold=st.sampled_from([80, 16_384]),
)
def test_whatever_the_pace_of_verdicts_and_client_all_of_it_arrives_in_order(
    engine: PatternEngine, text: str, cuts: list[int], delays: list[int], answers: list[tuple[int, int]], hold: int
) -> None:
    # A word that is longer than the hold is rightly never released.
    assume(max(map(len, text.split()), default=0) < hold)

    async def run(later: Later, client: Client, pieces: list[str], answers: list[tuple[int, int]]) -> str:
        script = [chunk(json.dumps(piece)[1:-1]) for piece in pieces]
        world = World(engine, [*script, END], decision=Decision(actions=MASK, hold_chars=hold), deferred=(later,))
        world.exchange = Exchange(world.parts, world.call, client)
        before = asyncio.all_tasks()
        task = asyncio.ensure_future(world.exchange.run())
        judged = 0
        for pause, more in answers:
            for _ in range(pause):
                await asyncio.sleep(0)
            judged += more
            later.answer(judged)
        later.at_once = True
        later.answer()
        await asyncio.wait_for(task, 20)
        assert asyncio.all_tasks() == before
        assert world.closing.status is Status.COMPLETED
        assert client.body.endswith(b"[DONE]\n\n")
        return "".join(
            json.loads(found) for found in re.findall(r'"content":("(?:[^"\\]|\\.)*")', client.body.decode())
        )

    async def both() -> tuple[str, str]:
        prompt = Later()
        prompt.at_once = True
        return await run(prompt, Client(), [text], []), await run(Later(), SlowClient(delays), cut(text, cuts), answers)

    whole, pieces = asyncio.run(both())
    assert pieces == whole
