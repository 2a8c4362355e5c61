"""Spares a server that does not answer, and its clients the wait: after failures in a row it is left alone for a while.

The counting is circuitbreaker's. What it lacks is added here: one question at a time tries whether a server is back,
and a client that leaves says nothing about the server.
"""

import contextlib
from collections.abc import Callable, Iterator
from typing import Final

from circuitbreaker import CircuitBreaker

_FAILURES: Final = 5
_REST_S: Final = 2.0


class Resting(Exception):
    """The server is being left alone."""


class _Failed(Exception):
    pass


class Breaker:
    """`closed`: questions pass. `open`: none does. `half_open`: one does, and its outcome opens or closes."""

    def __init__(self, failures: int = _FAILURES, rest_s: float = _REST_S) -> None:
        """Opens after `failures` in a row, for `rest_s`."""
        self._circuit = CircuitBreaker(failures, rest_s, _Failed, "opa")
        self._trying = False

    @property
    def state(self) -> str:
        """`closed`, `open` or `half_open`."""
        return str(self._circuit.state)

    @contextlib.contextmanager
    def question(self) -> Iterator[Callable[[bool], None]]:
        """One question: the block tells whether the server did its part, or nothing. Raises Resting."""
        trial = self._circuit.state == "half_open"
        if self._circuit.opened or (trial and self._trying):
            raise Resting
        self._trying = trial
        try:
            yield self._told
        finally:
            if trial:
                self._trying = False

    def _told(self, well: bool) -> None:
        with contextlib.suppress(_Failed), self._circuit:
            if not well:
                raise _Failed
