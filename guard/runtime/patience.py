"""Bounds the waits of a long answer with one timer."""

import asyncio
from typing import Final

_PULSE_S: Final = 10.0
"""Clients and proxies give a silent connection up after a minute or so."""


class Patience:
    """Looks at the clock when time may be up, not before each wait: a wait is bounded by `idle_s` since `since`."""

    def __init__(self, deadline: asyncio.Timeout, idle_s: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._deadline = deadline
        self._idle_s = idle_s
        self.since = self._loop.time()
        """When the wait that is under way began."""
        self.writing = False
        """Whether the wait is for the client."""
        self._timer = self._loop.call_later(idle_s, self._look)

    @property
    def pulse_s(self) -> float:
        """How long a client hears nothing, and a wait that has a bound of its own goes on, before either is told."""
        return min(_PULSE_S, self._idle_s / 3)

    def stop(self) -> None:
        """The answer is over."""
        self._timer.cancel()

    def _look(self) -> None:
        left = self.since + self._idle_s - self._loop.time()
        if left > 0:
            self._timer = self._loop.call_later(left, self._look)
        else:
            self._deadline.reschedule(self._loop.time())
