"""All streams step together: each turn reads the next tokens of every stream that has some, in one batch.

A stream's state is a row of one array and travels from turn to turn; each token is read once. The event loop gathers
rows and hands out scores, one thread runs the model, and nothing else is shared. Turns begin at
once when the model has rested, and otherwise a pause apart, which is longer where many streams share a turn: that costs
less by the token. It can't see text, scores' meaning or plans.
"""

import asyncio
import queue
import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from guard.errors import EngineBusy, EngineError, EngineTimeout
from guard.inference.runner import StepRunner
from guard.inference.states import States
from guard.inference.turn import Listener, Reading, Result, Slot, Turn, Word

_STOP_S: Final = 10.0
_FULL_TURN: Final = 64
"""Streams from which on a turn is hardly cheaper by the token when it has more."""


class StepLimits(msgspec.Struct, frozen=True):
    """Bounds. `streams` at once; `tokens` that may wait in all; `turn_tokens` of one stream in a turn; seconds.

    `pause_s` lies between the beginnings of two full turns, and half of it after a turn of one stream.
    """

    streams: int = 16_384
    tokens: int = 131_072
    turn_tokens: int = 32
    turn_streams: int = 1024
    pause_s: float = 0.007
    patience_s: float = 5.0

    def pause(self, streams: int) -> float:
        """Seconds from the beginning of a turn of so many streams to the next one's."""
        return self.pause_s * (0.5 + 0.5 * min(1.0, streams / _FULL_TURN))


class TurnReport(msgspec.Struct, frozen=True):
    """One turn: how many streams and tokens it served, and how long the model ran, in seconds."""

    streams: int
    tokens: int
    run_s: float


class Stepper:
    """Runs one stream model for all streams. `start` it on the event loop and `stop` it there."""

    def __init__(
        self, runner: StepRunner, size: int, limits: StepLimits, observe: Callable[[TurnReport], None] | None = None
    ) -> None:
        """`size` is the state's length for one stream, in floats."""
        self._runner = runner
        self._limits = limits
        self._observe = observe
        self._states = States(size)
        self._rows: list[int] = []
        """Rows that were given back."""
        self._opened = 0
        """Rows that were ever given out; they are numbered in that order."""
        self._ready: deque[Slot] = deque()
        self._tokens = 0
        """Tokens that wait."""
        self._turn: Turn | None = None
        self._due: asyncio.Handle | None = None
        self._watch: asyncio.TimerHandle | None = None
        self._next = 0.0
        """When the next turn may begin."""
        self._jobs: queue.SimpleQueue[Turn | None] = queue.SimpleQueue()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._work, name="guard-stepper", daemon=True)

    def start(self) -> None:
        """Starts the thread that runs the model."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread, waiting for its run. Streams that wait fail; the runner is its owner's."""
        if self._thread.is_alive():
            self._jobs.put(None)
            self._thread.join(_STOP_S)
        self._loop = None
        self._end()

    def open(self, listener: Listener) -> Slot:
        """A place with a fresh state. Raises EngineBusy when there is none."""
        return Slot(self._rows.pop() if self._rows else self._new_row(), listener, self._push, self._free)

    def _new_row(self) -> int:
        if self._opened >= self._limits.streams:
            raise EngineBusy("More streams are open than the stream model takes; try again later.")
        self._opened += 1
        return self._opened - 1

    def _push(self, slot: Slot, word: Word) -> None:
        if self._tokens + len(word.ids) > self._limits.tokens:
            raise EngineBusy("More text waits for the stream model than its queue takes; try again later.")
        if self._loop is None or slot.closed:
            raise EngineError("The stream model is not running.")
        self._tokens += len(word.ids)
        slot.waiting.append(word)
        if not slot.queued and not slot.reading:
            slot.queued = True
            self._ready.append(slot)
            self._schedule()

    def _free(self, slot: Slot) -> None:
        """A row that a turn is reading is freed when the turn ends."""
        self._tokens -= sum(len(word.ids) for word in slot.waiting)
        slot.waiting.clear()
        if not slot.reading:
            self._rows.append(slot.row)

    def _schedule(self) -> None:
        """Lets a turn begin as soon as it may, if there is something to read and none under way."""
        if self._turn is not None or self._due is not None or not self._ready or self._loop is None:
            return
        rest = self._next - self._loop.time()
        self._due = self._loop.call_soon(self._begin) if rest <= 0 else self._loop.call_later(rest, self._begin)

    def _begin(self) -> None:
        self._due = None
        loop = self._loop
        readings = self._gather()
        if loop is None or not readings:
            return
        turn = self._turn = Turn(readings, self._states)
        self._next = loop.time() + self._limits.pause(len(readings))
        self._watch = loop.call_later(self._limits.patience_s, self._lose, turn)
        self._jobs.put(turn)

    def _gather(self) -> list[Reading]:
        """The next tokens of the streams that have waited longest."""
        readings: list[Reading] = []
        while self._ready and len(readings) < self._limits.turn_streams:
            slot = self._ready.popleft()
            slot.queued = False
            if slot.waiting:
                reading = slot.take(self._limits.turn_tokens)
                self._tokens -= len(reading.ids)
                readings.append(reading)
        return readings

    def _work(self) -> None:
        """The thread: runs turns until it is told to stop. However it ends, streams get to know."""
        try:
            while (turn := self._jobs.get()) is not None:
                try:
                    result = turn.run(self._runner)
                except EngineError as error:
                    self._call(self._fail, turn, error)
                else:
                    self._call(self._done, turn, result)
        finally:
            self._call(self._end)

    def _end(self) -> None:
        """Nothing more will be read: streams that wait for it fail, and nothing more is taken."""
        self._loop = None
        error = EngineError("The stream model has ended.")
        if self._due is not None:
            self._due.cancel()
            self._due = None
        if self._turn is not None:
            self._fail(self._turn, error)
        waiting = [slot for slot in self._ready if slot.waiting]
        self._ready.clear()
        self._tell_failed(iter(waiting), error)

    def _call(self, function: Callable[..., None], *arguments: object) -> None:
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(function, *arguments)

    def _done(self, turn: Turn, result: Result) -> None:
        if self._turn is not turn:
            return
        broken = {*turn.keep(result, self._states), *turn.silent(result)}
        self._rest(turn)
        self._schedule()
        self._tell(turn.told(result, broken))
        if broken:
            self._tell_failed(iter([turn.readings[place].slot for place in sorted(broken)]), _no_numbers())
        if self._observe is not None:
            self._observe(TurnReport(len(turn.readings), turn.tokens, result.run_s))

    def _tell(self, told: Iterator[tuple[Slot, list[list[float]]]]) -> None:
        """Hands out scores. A listener's fault ends its own stream and no other: the rest are told all the same."""
        for slot, rows in told:
            if slot.closed:
                continue
            heard = False
            try:
                slot.listener.stepped(rows)
                heard = True
            finally:
                if not heard:
                    later = asyncio.get_running_loop().call_soon
                    later(self._tell_failed, iter([slot]), EngineError("Whoever read a stream's scores failed."))
                    later(self._tell, told)

    def _fail(self, turn: Turn, error: EngineError) -> None:
        if self._turn is not turn:
            return
        self._rest(turn)
        self._schedule()
        self._tell_failed(iter([reading.slot for reading in turn.readings]), error)

    def _tell_failed(self, slots: Iterator[Slot], error: EngineError) -> None:
        for slot in slots:
            if slot.closed:
                continue
            listener = slot.listener
            slot.close()
            heard = False
            try:
                listener.failed(error)
                heard = True
            finally:
                if not heard:
                    asyncio.get_running_loop().call_soon(self._tell_failed, slots, error)

    def _lose(self, turn: Turn) -> None:
        """The model does not come back: its streams end, and so do all that come until it does."""
        self._fail(turn, EngineTimeout("The stream model gave no verdict in time."))

    def _rest(self, turn: Turn) -> None:
        """The turn is over: rows of streams that ended meanwhile are free, and who has more to read waits again."""
        self._turn = None
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
        for reading in turn.readings:
            slot = reading.slot
            slot.reading = False
            if slot.closed:
                self._rows.append(slot.row)
            elif slot.waiting and not slot.queued:
                slot.queued = True
                self._ready.append(slot)


def _no_numbers() -> EngineError:
    return EngineError("The stream model answered with numbers that are none; check its file or its server.")
