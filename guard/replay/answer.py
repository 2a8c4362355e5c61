"""One answer on its way through a replica: tokens come in, wait for their verdict, and go out in order."""

from collections import deque

import simpy

from guard.replay.machine import Loop
from guard.replay.service import ServiceTimes
from guard.replay.stepping import Reader, Stepping


class Answer:
    """Its tokens leave when they have their verdict and the word that they end is whole."""

    def __init__(
        self, env: simpy.Environment, loop: Loop, stepping: Stepping | None, times: ServiceTimes, tokens: int
    ) -> None:
        self._env = env
        self._loop = loop
        self._stepping = stepping
        self._token_s = times.token_s
        self._look_ahead = times.look_ahead
        self._tokens = tokens
        self._read = 0
        self._out = 0
        self._arrived: deque[float] = deque()
        self._reader: Reader | None = stepping.open(self._told) if stepping is not None else None
        self.delays: list[float] = []
        """How long each token was with Guard, in seconds."""
        self.first_at: float | None = None
        self.done = env.event()
        if not tokens:
            self.done.succeed()

    @property
    def placed(self) -> bool:
        """Whether the stream model had a place for it, if there is a model."""
        return self._stepping is None or self._reader is not None

    def arrive(self, tokens: int) -> bool:
        """The backend has written further tokens. False when the stream model's queue has no room for them."""
        self._arrived.extend([self._env.now] * tokens)
        read_at = self._loop.book(self._token_s * tokens)
        if self._stepping is None or self._reader is None:
            self._told(tokens)
            return True
        return self._stepping.push(self._reader, tokens, read_at)

    def close(self) -> None:
        """It is over, whole or not."""
        if self._stepping is not None and self._reader is not None:
            self._stepping.close()

    def _told(self, tokens: int) -> None:
        self._read += tokens
        free = self._tokens if self._read == self._tokens else max(0, self._read - self._look_ahead)
        if free <= self._out:
            return
        gone_at = self._env.now + self._loop.wait_s
        self.delays += [gone_at - self._arrived.popleft() for _ in range(free - self._out)]
        if self.first_at is None:
            self.first_at = gone_at
        self._out = free
        if free == self._tokens:
            last = self._env.timeout(gone_at - self._env.now)
            assert last.callbacks is not None
            last.callbacks.append(self._end)

    def _end(self, _event: simpy.Event) -> None:
        self.done.succeed()
