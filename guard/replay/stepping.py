"""The stepper of the stream model in simulated time: turns that read the next tokens of all streams together.

It follows `guard.inference.stepper` rule by rule: a turn begins at once when the model has rested and a pause after the
last one's begin otherwise; each stream reads at most `turn_tokens` in it; streams wait in the order in which they came.
"""

from array import array
from collections import deque
from collections.abc import Callable
from typing import Final, cast

import simpy

from guard.inference.stepper import StepLimits
from guard.replay.machine import Loop, Machine
from guard.replay.service import StepService

Told = Callable[[int], None]
"""Takes how many further tokens have their verdict."""


class Reader:
    """One stream's place. `waiting` holds when tokens came to be read, and how many."""

    def __init__(self, told: Told) -> None:
        self.told: Final = told
        self.waiting: deque[tuple[float, int]] = deque()
        self.placed = False
        """Whether it stands in the queue or in a turn."""

    def take(self, now: float, most: int) -> int:
        """How many tokens it reads in a turn that begins now."""
        taken = 0
        while self.waiting and self.waiting[0][0] <= now and taken < most:
            came, tokens = self.waiting.popleft()
            some = min(tokens, most - taken)
            if some < tokens:
                self.waiting.appendleft((came, tokens - some))
            taken += some
        return taken


class Stepping:
    """One replica's stepper."""

    def __init__(
        self,
        env: simpy.Environment,
        machine: Machine,
        loop: Loop,
        service: StepService,
        limits: StepLimits,
        hop_s: float,
    ) -> None:
        self._env = env
        self._machine = machine
        self._loop = loop
        self._service = service
        self.model = service.model
        self._limits = limits
        self._hop_s = hop_s
        self._ready: deque[Reader] = deque()
        self._open = 0
        self._tokens = 0
        self._going = False
        """Whether a turn is under way or about to begin."""
        self._next = 0.0
        self.sizes = array("d")
        """Streams of each turn."""
        self.busy_s = 0.0

    def open(self, told: Told) -> Reader | None:
        """A place for a stream; None when there is none."""
        if self._open >= self._limits.streams:
            return None
        self._open += 1
        return Reader(told)

    def close(self) -> None:
        """A stream is over."""
        self._open -= 1

    def push(self, reader: Reader, tokens: int, at: float) -> bool:
        """Tokens that can be read from `at` on. False when the queue has no room for them."""
        if self._tokens + tokens > self._limits.tokens:
            return False
        self._tokens += tokens
        reader.waiting.append((at, tokens))
        if not reader.placed:
            self._place(reader)
        return True

    def _place(self, reader: Reader) -> None:
        reader.placed = True
        self._ready.append(reader)
        self._go(reader.waiting[0][0])

    def _go(self, at: float) -> None:
        """Lets a turn begin as soon as it may, unless one is under way."""
        if self._going:
            return
        self._going = True
        begin = self._env.timeout(max(at, self._next) - self._env.now if max(at, self._next) > self._env.now else 0.0)
        assert begin.callbacks is not None
        begin.callbacks.append(self._begin)

    def _begin(self, _event: simpy.Event) -> None:
        readings = self._gather()
        self._next = self._env.now + self._limits.pause(len(readings))
        self.sizes.append(len(readings))
        tokens = sum(count for _, count in readings)
        self._tokens -= tokens
        handed = self._loop.book(self._service.turn_s / 2 + self._service.row_s / 2 * len(readings))
        self._machine.models += 1
        alone_s = self._service.step_s * max(count for _, count in readings) + self._service.token_s * tokens
        run_s = alone_s * self._machine.stretch(self._loop.busy)
        self.busy_s += run_s
        end = self._env.timeout(handed - self._env.now + run_s + 2 * self._hop_s, readings)
        assert end.callbacks is not None
        end.callbacks.append(self._end)

    def _gather(self) -> list[tuple[Reader, int]]:
        """The readers that have something to read now, those that waited longest first."""
        now, later = self._env.now, deque[Reader]()
        readings: list[tuple[Reader, int]] = []
        while self._ready and len(readings) < self._limits.turn_streams:
            reader = self._ready.popleft()
            count = reader.take(now, self._limits.turn_tokens)
            if count:
                readings.append((reader, count))
            else:
                later.append(reader)
        self._ready.extendleft(reversed(later))
        return readings

    def _end(self, event: simpy.Event) -> None:
        self._machine.models -= 1
        readings = cast(list[tuple[Reader, int]], event.value)
        self._loop.book(self._service.turn_s / 2 + self._service.row_s / 2 * len(readings))
        self._going = False
        for reader, count in readings:
            reader.placed = False
            reader.told(count)
        for reader, _ in readings:
            if reader.waiting:
                reader.placed = True
                self._ready.append(reader)
        if self._ready:
            self._go(min(reader.waiting[0][0] for reader in self._ready))
