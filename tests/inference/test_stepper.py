"""The stepper: every stream's tokens are read once and in order, however many streams share a turn."""

import asyncio
import threading
import weakref
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guard.errors import EngineBusy, EngineError, EngineTimeout
from guard.inference.runner import Floats, Ids
from guard.inference.stepper import StepLimits, Stepper, TurnReport

QUICK = StepLimits(pause_s=0.0)


class Polynomial:
    """A model whose state depends on every token and on their order: state × 3 + token, in each of two floats."""

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.error: EngineError | None = None
        self.gate = threading.Event()
        self.gate.set()

    def step(self, ids: Ids, state: Floats) -> tuple[Floats, Floats]:
        self.gate.wait(20)
        if self.error is not None:
            raise self.error
        self.batches.append(len(ids))
        after = (state * 3 + ids[:, None].astype(np.float32)) % 1009
        return after.copy(), after

    def close(self) -> None:
        """Nothing to free."""


class Reader:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[int, float]] = []
        self.error: EngineError | None = None
        self.news = asyncio.Event()

    def stepped(self, rows: Sequence[Sequence[float]]) -> None:
        for row in rows:
            self.told.append((len(self.told), row[0]))
        self.news.set()

    def failed(self, error: EngineError) -> None:
        self.error = error
        self.news.set()

    async def until_told(self, words: int) -> None:
        await self.until(lambda reader: len(reader.told) == words)

    async def until(self, done: Callable[["Reader"], bool]) -> None:
        async with asyncio.timeout(20):
            while not done(self):
                self.news.clear()
                await self.news.wait()


def expected(words: Sequence[Sequence[int]]) -> list[tuple[int, float]]:
    state, out = 0, []
    for mark, word in enumerate(words):
        for token in word:
            state = (state * 3 + token) % 1009
        out.append((mark, float(state)))
    return out


@asynccontextmanager
async def running(
    runner: Polynomial, limits: StepLimits = QUICK, observe: Callable[[TurnReport], None] | None = None
) -> AsyncIterator[Stepper]:
    stepper = Stepper(runner, 2, limits, observe)
    stepper.start()
    try:
        yield stepper
    finally:
        runner.gate.set()
        stepper.stop()


async def test_each_token_is_read_once_and_in_order() -> None:
    words = [[5], [7, 11], [13], [2, 3, 4]]
    async with running(Polynomial()) as stepper:
        reader = Reader()
        slot = stepper.open(reader)
        for word in words:
            slot.push(word)
        await reader.until(lambda r: len(r.told) == 4)

    assert reader.told == expected(words)


async def test_a_place_that_is_given_back_lets_go_of_who_listened() -> None:
    async with running(Polynomial()) as stepper:
        reader = Reader()
        slot, there = stepper.open(reader), weakref.ref(reader)
        slot.close()
        del reader
        assert there() is None


@settings(max_examples=25, deadline=None)
@given(
    streams=st.lists(
        st.lists(st.lists(st.integers(0, 1000), min_size=1, max_size=5), min_size=1, max_size=9),
        min_size=1,
        max_size=90,
    )
)
def test_streams_do_not_see_each_other_however_many_share_a_turn(streams: list[list[list[int]]]) -> None:
    async def run() -> list[list[tuple[int, float]]]:
        async with running(Polynomial(), StepLimits(pause_s=0.0, turn_tokens=4, turn_streams=16)) as stepper:
            readers = [Reader() for _ in streams]
            slots = [stepper.open(reader) for reader in readers]
            for at in range(9):
                for slot, words in zip(slots, streams, strict=True):
                    if at < len(words):
                        slot.push(words[at])
                if at % 3 == 0:
                    await asyncio.sleep(0)
            for reader, words in zip(readers, streams, strict=True):
                await reader.until_told(len(words))
            return [reader.told for reader in readers]

    assert asyncio.run(run()) == [expected(words) for words in streams]


async def test_streams_that_wait_together_are_read_in_one_batch() -> None:
    runner, turns = Polynomial(), []
    async with running(runner, observe=turns.append) as stepper:
        readers = [Reader() for _ in range(50)]
        for reader in readers:
            stepper.open(reader).push([1])
        for reader in readers:
            await reader.until(lambda r: bool(r.told))

    assert runner.batches == [50]
    assert [(turn.streams, turn.tokens) for turn in turns] == [(50, 50)]


async def test_a_place_that_is_used_again_begins_afresh() -> None:
    async with running(Polynomial(), StepLimits(pause_s=0.0, streams=64)) as stepper:
        for _ in range(200):
            reader = Reader()
            slot = stepper.open(reader)
            slot.push([9])
            await reader.until(lambda r: bool(r.told))
            assert reader.told == [(0, 9.0)]
            slot.close()
            slot.close()


async def test_a_stream_that_ends_is_told_nothing_more_and_frees_what_waited() -> None:
    runner = Polynomial()
    async with running(runner) as stepper:
        runner.gate.clear()
        gone, stays = Reader(), Reader()
        leaving, staying = stepper.open(gone), stepper.open(stays)
        leaving.push([1])
        staying.push([2])
        await asyncio.sleep(0)
        leaving.push([3])
        leaving.close()
        runner.gate.set()
        await stays.until(lambda r: bool(r.told))

    assert gone.told == []
    assert stays.told == [(0, 2.0)]


async def test_a_stream_that_ends_while_it_is_read_gives_its_place_back_untouched() -> None:
    runner = Polynomial()
    async with running(runner, StepLimits(pause_s=0.0, streams=64)) as stepper:
        for _ in range(100):
            runner.gate.clear()
            slot = stepper.open(Reader())
            slot.push([1])
            await asyncio.sleep(0)
            slot.close()
            runner.gate.set()
            reader = Reader()
            fresh = stepper.open(reader)
            fresh.push([4])
            await reader.until(lambda r: bool(r.told))
            assert reader.told == [(0, 4.0)]
            fresh.close()


async def test_a_model_that_fails_ends_the_streams_of_its_turn_and_serves_the_next() -> None:
    runner = Polynomial()
    async with running(runner) as stepper:
        runner.error = EngineError("broken")
        reader = Reader()
        stepper.open(reader).push([1])
        await reader.until(lambda r: r.error is not None)
        runner.error = None
        later = Reader()
        stepper.open(later).push([1])
        await later.until(lambda r: bool(r.told))

    assert reader.told == []
    assert later.told == [(0, 1.0)]


async def test_a_model_that_answers_with_no_numbers_fails() -> None:
    class Broken(Polynomial):
        def step(self, ids: Ids, state: Floats) -> tuple[Floats, Floats]:
            return np.full((len(ids), 2), np.nan, dtype=np.float32), state

    async with running(Broken()) as stepper:
        reader = Reader()
        stepper.open(reader).push([1])
        await reader.until(lambda r: r.error is not None)

    assert reader.told == []


@pytest.mark.parametrize("where", ["logits", "state"])
async def test_numbers_that_are_none_fail_their_own_stream_alone(where: str) -> None:
    class Broken(Polynomial):
        def step(self, ids: Ids, state: Floats) -> tuple[Floats, Floats]:
            logits, after = super().step(ids, state)
            (logits if where == "logits" else after)[ids == 666, 1] = np.inf
            return logits, after

    words = [[[1], [2, 3]], [[666]], [[4, 5, 6]], [[7, 666]], [[8], [9]]]
    async with running(Broken()) as stepper:
        readers = [Reader() for _ in words]
        for reader, pushed in zip(readers, words, strict=True):
            slot = stepper.open(reader)
            for word in pushed:
                slot.push(word)
        for reader in readers:
            await reader.until(lambda r: r.error is not None or len(r.told) == len(words[readers.index(r)]))
        after = Reader()
        stepper.open(after).push([5])
        await after.until_told(1)

    broken = [reader.error is not None for reader in readers]
    assert broken == [False, True, False, True, False]
    for reader, pushed in zip(readers, words, strict=True):
        assert reader.told == ([] if reader.error else expected(pushed))
    assert after.told == [(0, 5.0)]


@pytest.mark.parametrize(
    ("streams", "share"), [(1, 0.5 + 0.5 / 64), (32, 0.75), (64, 1.0), (1000, 1.0)], ids=["one", "some", "full", "more"]
)
def test_a_fuller_turn_is_followed_by_a_longer_pause(streams: int, share: float) -> None:
    assert StepLimits(pause_s=0.008).pause(streams) == pytest.approx(0.008 * share)


async def test_a_model_that_hangs_fails_its_streams_in_time() -> None:
    runner = Polynomial()
    async with running(runner, StepLimits(pause_s=0.0, patience_s=0.05)) as stepper:
        runner.gate.clear()
        reader = Reader()
        stepper.open(reader).push([1])
        await reader.until(lambda r: r.error is not None)

    assert isinstance(reader.error, EngineTimeout)


async def test_what_waits_is_bounded() -> None:
    runner = Polynomial()
    async with running(runner, StepLimits(pause_s=0.0, tokens=10)) as stepper:
        runner.gate.clear()
        slot = stepper.open(Reader())
        slot.push([1] * 10)
        with pytest.raises(EngineBusy):
            slot.push([1])
        slot.close()
        stepper.open(Reader()).push([1] * 10)


async def test_open_streams_are_bounded() -> None:
    async with running(Polynomial(), StepLimits(streams=100)) as stepper:
        slots = [stepper.open(Reader()) for _ in range(100)]
        with pytest.raises(EngineBusy):
            stepper.open(Reader())
        slots[0].close()
        stepper.open(Reader())


async def test_nothing_is_taken_before_the_start_and_after_the_end() -> None:
    stepper = Stepper(Polynomial(), 2, QUICK)
    slot = stepper.open(Reader())
    with pytest.raises(EngineError):
        slot.push([1])
    stepper.start()
    stepper.stop()
    with pytest.raises(EngineError):
        slot.push([1])
