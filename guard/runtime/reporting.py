"""Reports of usage for whoever asks over HTTP: a few at a time, in threads of their own, each for so long at the most.

A report reads as many rows as the time has exchanges; the loop that streams never waits for one.
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from guard.errors import TooBusy
from guard.metering.report.figures import UsageReport
from guard.metering.report.statement import Question

AT_ONCE: Final = 2
Make = Callable[[Question, bool], UsageReport]
"""Makes a report, with the energy file's figures or without; blocks. Raises what reports raise."""


class Reports:
    """Makes them until it is stopped."""

    def __init__(self, make: Make, leave: Callable[[], None]) -> None:
        """`leave` tells those that are being made to come to an end."""
        self._make = make
        self._leave = leave
        self._places = threading.BoundedSemaphore(AT_ONCE)
        self._threads = ThreadPoolExecutor(AT_ONCE, "guard-usage")

    async def ask(self, question: Question, power: bool) -> UsageReport:
        """A report. Raises TooBusy when others are being made, and what `make` raises."""
        if not self._places.acquire(blocking=False):
            raise TooBusy(f"Guard makes {AT_ONCE} reports of usage at a time; try again in some seconds.", 10)
        try:
            made = self._threads.submit(self._make, question, power)
        except RuntimeError:
            self._places.release()
            raise TooBusy("Guard stops; try again in a moment.") from None
        # Also when whoever asked has left: the thread works until its bound.
        made.add_done_callback(lambda _: self._places.release())
        return await asyncio.wrap_future(made)

    def stop(self) -> None:
        """Takes no more, and waits for none."""
        self._leave()
        self._threads.shutdown(wait=False, cancel_futures=True)
