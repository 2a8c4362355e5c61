"""The answers' classifier: a word has its verdict when the next begins, and the cut of the text makes no difference."""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from guard.core.event import EngineStatus
from guard.security.answer_classifier import Opinion
from tests.flow import cut
from tests.security.stream_model import CONTENT, Counting, Told, engine, failing, judged_counts

WORDS = st.lists(
    st.sampled_from(["calm", "bad", "drug", "doubtful", "Calm,", "  ", "\n", "中", "x" * 150]), max_size=30
)


async def said(text: str, *pieces: str, final: bool = True) -> Told:
    async with engine() as classifier:
        told = Told(classifier)
        parts = pieces or (text,)
        for index, piece in enumerate(parts):
            told.channel.feed(piece, final and index == len(parts) - 1)
            if index % 3 == 0:
                await asyncio.sleep(0)
        return await told.quiet()


async def test_a_word_has_its_verdict_when_the_next_one_begins() -> None:
    assert (await said("calm cal", final=False)).upto == len("calm")
    assert (await said("calm ", final=False)).upto == len("calm ")
    assert (await said("calm", final=False)).upto == 0
    assert (await said("calm")).upto == len("calm")


async def test_the_model_begins_afresh_with_a_paragraph_after_long_reading_and_not_before() -> None:
    async def judged(text: str) -> list[float]:
        async with engine(runner=Counting()) as classifier:
            told = Told(classifier)
            told.channel.feed(text, True)
            await told.quiet()
            return [finding.score for verdict in told.verdicts for finding in verdict.findings]

    short, long = "word " * 20 + "\n\nword", "word " * 300 + "\n\n" + "word " * 20
    assert judged_counts(await judged(short)) == list(range(1, 22))
    assert judged_counts(await judged(long)) == [*range(1, 301), *range(1, 21)]


async def test_space_alone_needs_no_model() -> None:
    assert (await said(" \n ", final=False)).upto == 3
    assert (await said("")).upto == 0


async def test_a_word_over_the_border_is_a_finding_of_its_kind() -> None:
    told = await said("calm bad calm drug calm")

    assert told.findings == [("UNSAFE_WEAPONS", 5, 8, False), ("UNSAFE_DRUGS", 14, 18, False)]
    assert told.upto == len("calm bad calm drug calm")


async def test_words_that_follow_one_another_are_one_finding_that_goes_on() -> None:
    assert [f[3] for f in (await said("bad bad bad calm bad")).findings] == [False, True, True, False]


@settings(max_examples=60, deadline=None)
@given(words=WORDS, at=st.lists(st.integers(0, 400), max_size=12))
def test_verdicts_do_not_depend_on_how_the_text_was_cut(words: list[str], at: list[int]) -> None:
    text = " ".join(words)

    async def run() -> tuple[Told, Told]:
        return await said(text), await said(text, *cut(text, at))

    whole, pieces = asyncio.run(run())
    assert pieces.findings == whole.findings
    assert pieces.upto == whole.upto == len(text)


async def test_the_transformer_judges_where_the_stream_model_is_unsure() -> None:
    asked: list[tuple[str, str]] = []

    async def judge(name: str, text: str) -> Opinion:
        asked.append((name, text))
        return Opinion(0.95, 7)

    async with engine(judge) as classifier:
        told = Told(classifier)
        told.channel.feed("calm doubtful calm", True)
        await told.quiet()

    assert asked == [("unsafe", "calm doubtful")]
    assert told.findings == [("UNSAFE_WEAPONS", 5, 13, False)]
    assert [f.score for one in told.verdicts for f in one.findings] == [0.95]
    assert told.channel.tokens == 3 + 7


async def test_words_wait_for_an_earlier_words_judgement_and_keep_their_order() -> None:
    answer = asyncio.Event()

    async def judge(_name: str, _text: str) -> Opinion:
        await answer.wait()
        return Opinion(0.0)

    async with engine(judge) as classifier:
        told = Told(classifier)
        told.channel.feed("calm doubtful bad calm ", False)
        async with asyncio.timeout(20):
            while told.upto < 4:  # noqa: ASYNC110 - the verdict is told to no event
                await asyncio.sleep(0.001)
        await asyncio.sleep(0.02)
        assert told.upto == len("calm")
        answer.set()
        await told.quiet()

    assert [one.upto for one in told.verdicts] == [4, 13, 23]
    assert told.findings == [("UNSAFE_WEAPONS", 14, 17, False)]


async def test_a_doubt_is_not_asked_about_at_each_word() -> None:
    asked: list[str] = []

    async def judge(_name: str, text: str) -> Opinion:
        asked.append(text)
        return Opinion(0.0)

    async with engine(judge) as classifier:
        told = Told(classifier)
        told.channel.feed("doubtful " * 40, True)
        await told.quiet()

    assert 2 <= len(asked) <= 3
    assert told.findings == []


async def test_without_a_judgement_there_is_no_verdict() -> None:
    async with engine(failing) as classifier:
        told = Told(classifier)
        told.channel.feed("calm doubtful calm ", False)
        await told.quiet()

    assert told.failure is not None
    assert told.failure.status is EngineStatus.ERROR
    assert told.upto == len("calm")


async def test_a_channel_that_closes_says_nothing_more() -> None:
    async with engine() as classifier:
        told = Told(classifier)
        told.channel.feed("calm calm ", False)
        told.channel.close()
        told.channel.close()
        await asyncio.sleep(0.02)

        assert not told.channel.waiting
        assert told.verdicts == []
        again = Told(classifier)
        again.channel.feed("calm calm", True)
        assert (await again.quiet()).upto == 9


async def test_no_text_shows_in_what_it_says() -> None:
    told = await said("calm bad calm")

    assert "bad" not in repr(told.verdicts)
    assert told.verdicts[0].channel == CONTENT
