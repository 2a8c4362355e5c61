"""Names in answers as they flow: the cut of the text makes no difference, and clean text waits for nothing."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guard.core.action import Action
from guard.core.channel import Channel
from guard.core.event import EngineStatus, Inspected, StageFailed
from guard.core.plan import Plan
from guard.pii.names.stream import FlowingNames
from tests.flow import cut
from tests.pii.names.token_model import Register, flowing

CONTENT = Channel(0, "content")
WORDS = st.lists(
    st.sampled_from(
        ["Ann", "Smith", "to Ann", "Bob,", "London.", "esq", "the", "it", "met", "12", "\n\n", "<PERSON_k3f9>", "ann"]
        + ["Bob " * 40]
    ),
    max_size=20,
)


class Told:
    """What one channel's engine says."""

    def __init__(self, engine: FlowingNames, channel: Channel = CONTENT) -> None:
        self.verdicts: list[Inspected] = []
        self.failure: StageFailed | None = None
        self.channel = engine.open(channel, self.hear)

    def hear(self, verdict: Inspected | StageFailed) -> None:
        if isinstance(verdict, StageFailed):
            self.failure = verdict
        else:
            assert verdict.upto >= self.upto
            assert all(self.upto <= one.start < verdict.upto for one in verdict.findings)
            self.verdicts.append(verdict)

    @property
    def upto(self) -> int:
        return max((one.upto for one in self.verdicts), default=0)

    @property
    def names(self) -> list[tuple[str, int, int]]:
        return [(f.type, f.start, f.end) for one in self.verdicts for f in one.findings]

    async def quiet(self) -> "Told":
        async with asyncio.timeout(20):
            while self.channel.waiting:  # noqa: ASYNC110 - nothing tells that the engine is quiet
                await asyncio.sleep(0.001)
        return self


async def said(text: str, *pieces: str, final: bool = True, runner: Register | None = None, right: int = 2) -> Told:
    async with flowing(runner, right=right) as engine:
        told = Told(engine)
        parts = pieces or (text,)
        for index, piece in enumerate(parts):
            told.channel.feed(piece, final and index == len(parts) - 1)
            if index % 3 == 0:
                await asyncio.sleep(0)
        return await told.quiet()


async def test_clean_text_goes_on_up_to_the_word_that_flows_without_the_model() -> None:
    runner = Register()
    assert (await said("it met the go", final=False, runner=runner)).upto == len("it met the ")
    assert runner.windows == []


async def test_a_name_waits_until_enough_follows() -> None:
    assert (await said("it met Ann Smith and", final=False)).upto == len("it met ")
    told = await said("it met Ann Smith and so ", final=False)
    assert (told.upto, told.names) == (len("it met Ann Smith and so "), [("PERSON", 7, 16)])
    assert (await said("it met Ann Smith and ", final=False, right=1)).names == [("PERSON", 7, 16)]


async def test_what_stands_to_the_right_counts() -> None:
    assert (await said("it met Zoe esq it ", final=False)).names == [("PERSON", 7, 10)]


async def test_nothing_is_decided_inside_a_name_that_may_still_grow() -> None:
    async with flowing() as engine:
        told = Told(engine)
        for piece in ("it met A", "nn ", "Sm", "ith", " and", " so"):
            told.channel.feed(piece, False)
            await told.quiet()
            assert told.upto <= 7
        told.channel.feed(" it", False)
        assert (await told.quiet()).names == [("PERSON", 7, 16)]


@settings(max_examples=60, deadline=None)
@given(words=WORDS, at=st.lists(st.integers(0, 400), max_size=12))
def test_names_do_not_depend_on_how_the_text_was_cut(words: list[str], at: list[int]) -> None:
    text = " ".join(words)

    async def run() -> tuple[Told, Told]:
        return await said(text), await said(text, *cut(text, at))

    whole, pieces = asyncio.run(run())
    assert pieces.names == whole.names
    assert pieces.upto == whole.upto == len(text)


async def test_a_long_text_at_once_has_all_its_names_and_waits_in_turn() -> None:
    runner = Register()
    text = "it met Ann and so it was. " * 600
    told = await said(text, runner=runner)
    assert told.names == [("PERSON", 7 + 26 * at, 10 + 26 * at) for at in range(600)]
    assert told.upto == len(text)


@pytest.mark.parametrize("patience_s", [20.0, 0.05])
async def test_without_the_models_word_there_is_no_verdict(patience_s: float) -> None:
    runner = Register()
    slow = patience_s < 1
    runner.broken = not slow
    if slow:
        runner.gate.clear()
    async with flowing(runner, patience_s=patience_s) as engine:
        told = Told(engine)
        told.channel.feed("it met Ann and so it ", False)
        await told.quiet()
        assert told.failure == StageFailed("names", EngineStatus.TIMEOUT if slow else EngineStatus.ERROR)
        assert told.upto <= 7
        runner.gate.set()


async def test_a_channel_that_closes_says_nothing_more() -> None:
    async with flowing() as engine:
        told = Told(engine)
        told.channel.feed("it met Ann and so it ", False)
        told.channel.close()
        told.channel.close()
        await asyncio.sleep(0.02)
        assert not told.channel.waiting
        assert told.verdicts == []


async def test_it_is_asked_only_where_the_plan_does_something_about_names() -> None:
    async with flowing() as engine:
        assert engine.concerns(Plan(actions={"pii.direct": Action.REDACT}))
        assert engine.concerns(Plan(actions={"LOCATION": Action.FLAG}))
        assert not engine.concerns(Plan(actions={"pii": Action.ALLOW, "secret": Action.REDACT}))
        assert not engine.outrun
