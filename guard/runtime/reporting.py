"""Reports of usage for whoever asks over HTTP: a few at a time, in threads of their own, each for so long at the most.

A report reads as many rows as the time has exchanges; the loop that streams never waits for one.
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from guard.errors import TooBusy
from guard.metering.report.dimension import Filter
from guard.metering.report.figures import UsageReport
from guard.metering.report.statement import Question

AT_ONCE: Final = 2
"""Of tenants; administrators have one more."""
Make = Callable[[Question, bool], UsageReport]
"""Makes a report, with the energy file's figures or without; blocks. Raises what reports raise."""


class Reports:
    """Makes them until it is stopped."""

    def __init__(self, make: Make, leave: Callable[[], None]) -> None:
        """`leave` tells those that are being made to come to an end."""
        self._make = make
        self._leave = leave
        self._places = threading.BoundedSemaphore(AT_ONCE)
        self._reserved = threading.BoundedSemaphore(1)
        self._asking: set[tuple[Filter, ...]] = set()
        """The tenants whose reports are being made."""
        self._threads = ThreadPoolExecutor(AT_ONCE + 1, "guard-usage")

    async def ask(self, question: Question, power: bool) -> UsageReport:
        """A report, one at a time for each tenant. Raises TooBusy when others are being made, and what `make` raises.

        `power`: an administrator asks. The last of a tenant's filters is the tenant.
        """
        tenant = () if power else question.where[-1:]
        place = self._place(power, tenant)
        if tenant:
            self._asking.add(tenant)
        try:
            made = self._threads.submit(self._make, question, power)
        except RuntimeError:
            self._made(place, tenant)
            raise TooBusy("Guard stops; try again in a moment.") from None
        # Also when whoever asked has left: the thread works until its bound.
        made.add_done_callback(lambda _: self._made(place, tenant))
        return await asyncio.wrap_future(made)

    def _place(self, power: bool, tenant: tuple[Filter, ...]) -> threading.BoundedSemaphore:
        if tenant not in self._asking:
            for place in (self._reserved, self._places) if power else (self._places,):
                if place.acquire(blocking=False):
                    return place
        raise TooBusy(
            f"Guard makes {AT_ONCE} reports of usage at a time, and one for a tenant; try again in some seconds.", 10
        )

    def _made(self, place: threading.BoundedSemaphore, tenant: tuple[Filter, ...]) -> None:
        self._asking.discard(tenant)
        place.release()

    def stop(self) -> None:
        """Takes no more, and waits for none."""
        self._leave()
        self._threads.shutdown(wait=False, cancel_futures=True)
