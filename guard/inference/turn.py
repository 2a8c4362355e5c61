"""One turn of the stream model: the next tokens of many streams, and the scores after each word.

A turn is made on the event loop, run on the stepper's thread, and told on the event loop.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, Protocol

import msgspec
import numpy as np

from guard.errors import EngineError
from guard.inference.runner import Floats, Ids, StepRunner
from guard.inference.states import States


class Listener(Protocol):
    """Whoever reads one stream's scores. Called on the event loop."""

    def stepped(self, rows: Sequence[Sequence[float]]) -> None:
        """The logits after each of the next words, in the order in which they were pushed."""
        ...

    def failed(self, error: EngineError) -> None:
        """No more scores will come."""
        ...


class Word(NamedTuple):
    """Token ids, and whether what was read before is forgotten."""

    ids: Sequence[int]
    fresh: bool

    def __repr__(self) -> str:
        return f"Word(tokens={len(self.ids)}, fresh={self.fresh})"

    def joins(self, tokens: int, most: int) -> bool:
        """Whether it may be read in the same turn behind so many tokens."""
        return not self.fresh and tokens + len(self.ids) <= most


class Slot:
    """One stream's place: its row of the states, and the words that wait to be read."""

    __slots__ = ("_begun", "_free", "_push", "closed", "listener", "queued", "reading", "row", "waiting")

    def __init__(
        self,
        row: int,
        listener: Listener,
        push: Callable[["Slot", Word], None],
        free: Callable[["Slot"], None],
    ) -> None:
        self._push = push
        self._free = free
        self._begun = False
        """Whether the row is this stream's own: before its first turn it holds the state of one that is over."""
        self.row = row
        self.listener = listener
        self.waiting: deque[Word] = deque()
        self.queued = False
        self.reading = False
        self.closed = False

    def push(self, ids: Sequence[int], fresh: bool = False) -> None:
        """Lets the model read a word's tokens; `fresh`: it forgets what it has read before. Raises EngineError."""
        self._push(self, Word(ids, fresh))

    def close(self) -> None:
        """The stream is over: what waits is dropped and the row is free. May be called twice."""
        if not self.closed:
            self.closed = True
            self._free(self)

    def take(self, most: int) -> "Reading":
        """The next words, at least one, and no more than `most` tokens if there are more."""
        ids, fresh = self.waiting.popleft()
        lasts = [len(ids) - 1]
        while self.waiting and self.waiting[0].joins(len(ids), most):
            ids = (*ids, *self.waiting.popleft().ids)
            lasts.append(len(ids) - 1)
        fresh = fresh or not self._begun
        self.reading = self._begun = True
        return Reading(self, ids, lasts, fresh)


class Reading(NamedTuple):
    """What one stream reads in a turn: token ids, and the index of each word's last token.

    `fresh`: it begins with an empty state.
    """

    slot: Slot
    ids: Sequence[int]
    lasts: list[int]
    fresh: bool

    def __repr__(self) -> str:
        return f"Reading(tokens={len(self.ids)}, words={len(self.lasts)}, fresh={self.fresh})"


class Result(msgspec.Struct, frozen=True):
    """`rows` are the logits after each word, stream by stream in the turn's order; `run_s` is how long it took.

    `broken` are the streams, as places in the turn, that the model gave numbers which are none: they have no rows.
    """

    rows: list[list[float]]
    broken: frozenset[int]
    run_s: float


class Turn:
    """What one turn reads. The streams with the most tokens come first, so that each step is a shorter batch."""

    def __init__(self, readings: list[Reading]) -> None:
        self.readings = sorted(readings, key=_length, reverse=True)
        self.tokens = sum([len(reading.ids) for reading in self.readings])

    def run(self, runner: StepRunner, states: States) -> Result:
        """Reads all of it, and leaves the streams' new states in `states`. Raises EngineError."""
        began = time.perf_counter()
        rows = np.array([reading.slot.row for reading in self.readings])
        state = states.take(rows)
        fresh = [place for place, reading in enumerate(self.readings) if reading.fresh]
        if fresh:
            state[fresh] = 0.0
        outs: list[Floats] = []
        broken: list[int] = []
        steps = self._steps()
        for ids, go_on in zip(steps, [*map(len, steps[1:]), 0], strict=True):
            logits, state = runner.step(ids, state[: len(ids)])
            outs.append(logits)
            if go_on < len(ids):
                broken += _broken(state[go_on:], go_on)
                states.put(rows[go_on : len(ids)], state[go_on:])
        told, silent = self._told(outs)
        return Result(told, frozenset((*broken, *silent)), time.perf_counter() - began)

    def told(self, result: Result) -> Iterator[tuple[Slot, list[list[float]]]]:
        """Each stream's rows of logits, one for each of its words; without the broken ones."""
        at = 0
        for place, reading in enumerate(self.readings):
            end = at + len(reading.lasts)
            if place not in result.broken:
                yield reading.slot, result.rows[at:end]
            at = end

    def _steps(self) -> list[Ids]:
        """The ids of each step: the first token of every stream, the second of those that have two, and so on."""
        left = [reading.ids for reading in self.readings]
        steps: list[Ids] = []
        while left:
            token = len(steps)
            steps.append(np.array([ids[token] for ids in left], dtype=np.int64))
            left = [ids for ids in left if len(ids) > token + 1]
        return steps

    def _told(self, outs: Sequence[Floats]) -> tuple[list[list[float]], list[int]]:
        """The logits after each word, and the places for which they are no numbers."""
        begins = [0]
        for out in outs:
            begins.append(begins[-1] + len(out))
        at = [begins[last] + place for place, reading in enumerate(self.readings) for last in reading.lasts]
        logits: Floats = np.concatenate(outs)[at]
        told: list[list[float]] = logits.tolist()
        if np.isfinite(logits).all():
            return told, []
        places = [place for place, reading in enumerate(self.readings) for _ in reading.lasts]
        return told, [places[word] for word in _broken(logits)]


def _broken(numbers: Floats, first: int = 0) -> list[int]:
    """The rows that hold what is no number; they are counted from `first`."""
    sound = np.isfinite(numbers)
    if sound.all():
        return []
    rows: list[int] = (np.flatnonzero(~sound.all(axis=1)) + first).tolist()
    return rows


def _length(reading: Reading) -> int:
    return len(reading.ids)
