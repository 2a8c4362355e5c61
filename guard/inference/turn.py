"""One turn of the stream model: the next tokens of many streams, and the scores after each word.

A turn is made and told on the event loop; the stepper's thread runs it and touches nothing but its arrays.
"""

import time
from collections import deque
from collections.abc import Callable, Container, Iterator, Sequence
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
            del self.listener  # It has this place: what is over is not to wait for the garbage collector.

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
    """What each step gave, (its streams, columns) and (its streams, size); `run_s` is how long the model ran."""

    logits: list[Floats]
    states: list[Floats]
    run_s: float


class Turn:
    """What one turn reads. The streams with the most tokens come first, so that each step is a shorter batch."""

    def __init__(self, readings: list[Reading], states: States) -> None:
        self.readings = sorted(readings, key=_length, reverse=True)
        self.tokens = sum([len(reading.ids) for reading in self.readings])
        self._rows = np.array([reading.slot.row for reading in self.readings])
        self._state = states.take(self._rows)
        fresh = [place for place, reading in enumerate(self.readings) if reading.fresh]
        if fresh:
            self._state[fresh] = 0.0
        self._ids = self._steps()

    def run(self, runner: StepRunner) -> Result:
        """Reads all of it. Raises EngineError.

        On the stepper's thread nothing is done but this: NumPy gives the interpreter's lock away at each large array,
        and to get it back from a busy event loop costs more than the work.
        """
        began = time.perf_counter()
        result = Result([], [], 0.0)
        state = self._state
        for ids in self._ids:
            logits, state = runner.step(ids, state[: len(ids)])
            result.logits.append(logits)
            result.states.append(state)
        return msgspec.structs.replace(result, run_s=time.perf_counter() - began)

    def keep(self, result: Result, states: States) -> list[int]:
        """Writes the streams' new states to `states`; returns the places of those that hold what is no number."""
        broken: list[int] = []
        for ids, state, go_on in zip(self._ids, result.states, [*map(len, self._ids[1:]), 0], strict=True):
            if go_on < len(ids):
                states.put(self._rows[go_on : len(ids)], state[go_on:])
                broken += _broken(state[go_on:], go_on)
        return broken

    def told(self, result: Result, without: Container[int]) -> Iterator[tuple[Slot, list[list[float]]]]:
        """Each stream's rows of logits, one for each of its words; but for the places `without`."""
        begins = [0]
        for logits in result.logits:
            begins.append(begins[-1] + len(logits))
        at = [begins[last] + place for place, reading in enumerate(self.readings) for last in reading.lasts]
        rows: list[list[float]] = np.concatenate(result.logits)[at].tolist()
        end = 0
        for place, reading in enumerate(self.readings):
            begin, end = end, end + len(reading.lasts)
            if place not in without:
                yield reading.slot, rows[begin:end]

    def silent(self, result: Result) -> list[int]:
        """The places whose logits are no numbers."""
        return [place for logits in result.logits for place in _broken(logits)]

    def _steps(self) -> list[Ids]:
        """The ids of each step: the first token of every stream, the second of those that have two, and so on."""
        left = [reading.ids for reading in self.readings]
        steps: list[Ids] = []
        while left:
            token = len(steps)
            steps.append(np.array([ids[token] for ids in left], dtype=np.int64))
            left = [ids for ids in left if len(ids) > token + 1]
        return steps


def _broken(numbers: Floats, first: int = 0) -> list[int]:
    """The rows that hold what is no number; they are counted from `first`."""
    sound = np.isfinite(numbers)
    if sound.all():
        return []
    rows: list[int] = (np.flatnonzero(~sound.all(axis=1)) + first).tolist()
    return rows


def _length(reading: Reading) -> int:
    return len(reading.ids)
