"""The names engine for callers that know no event loop: it runs on one of its own, in a thread."""

import asyncio
import concurrent.futures
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Final

from guard.core.finding import Finding
from guard.errors import EngineError, EngineTimeout
from guard.pii.names.service import Names

_STOP_S: Final = 10.0
_GRACE_S: Final = 1.0
"""How much longer than the engine's own patience a caller waits."""


class NameThread:
    """A names engine that runs from construction to `close`. Any thread may ask it. Raises ConfigError."""

    def __init__(self, names: Names, patience_s: float) -> None:
        """`patience_s` bounds the wait for one text."""
        self.types = names.text.types
        self._names = names
        self._patience_s = patience_s + _GRACE_S
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="guard-names", daemon=True)
        self._thread.start()
        with ExitStack() as undone:
            undone.callback(self._end)
            asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(_STOP_S)
            undone.pop_all()

    def find(self, text: str) -> Sequence[Finding]:
        """The names in a text. Blocks. Raises EngineError."""
        if self._loop.is_closed():
            raise EngineError("the names engine has been closed")
        asked = asyncio.run_coroutine_threadsafe(self._names.text.find(text), self._loop)
        try:
            return asked.result(self._patience_s)
        except concurrent.futures.TimeoutError:
            asked.cancel()
            raise EngineTimeout("the names engine gave no verdict in time") from None

    def close(self) -> None:
        """Ends it. May be called twice."""
        if not self._loop.is_closed():
            asyncio.run_coroutine_threadsafe(self._names.stop(), self._loop).result(2 * _STOP_S)
            self._end()

    async def _start(self) -> None:
        self._names.start()

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_STOP_S)
        self._loop.close()
