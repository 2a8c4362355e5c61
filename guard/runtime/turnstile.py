"""The way into each backend: so many at one time, and whose turn it is when more want in.

`core.fair` decides; this keeps the places and lets requests wait, within bounds: so many, and so long. Whoever leaves
while waiting leaves the queue. Places are this process's: with several, each has its part of the backend's.
"""

import asyncio
import math
from collections.abc import Mapping

import msgspec

from guard.core.fair import FairQueue, Ticket
from guard.core.tier import Tier
from guard.errors import QueueFull, QueueTimeout


class QueueLimits(msgspec.Struct, frozen=True):
    """How many may wait for one backend, how long, and how many tokens a tier may be ahead of its share."""

    waiting: int = 1000
    wait_s: float = 30.0
    ahead_tokens: int = 4096


class Place:
    """A place at a backend. `leave` it once; further calls do nothing."""

    def __init__(self, gate: "_Gate", ticket: Ticket | None, waited_s: float = 0.0) -> None:
        self._gate: _Gate | None = gate
        self._ticket = ticket
        self.waited_s = waited_s

    def leave(self, tokens: int) -> None:
        """Gives it back. `tokens` is what the request came to."""
        gate, self._gate = self._gate, None
        if gate is not None:
            gate.left(self._ticket, tokens)


class Turnstile:
    """The gates of all backends that are known to have room for so many."""

    def __init__(self, places: Mapping[str, int] | None = None, limits: QueueLimits | None = None) -> None:
        """`places`: how many each backend, by its name, takes at one time from this process."""
        chosen = limits or QueueLimits()
        self._gates = {name: _Gate(count, chosen) for name, count in (places or {}).items()}

    async def enter(self, backend: str, tier: Tier, tenant: str, tokens: int) -> Place | None:
        """Waits for a place; None for a backend that has no bound. Raises QueueFull, QueueTimeout."""
        gate = self._gates.get(backend)
        return None if gate is None else await gate.enter(tier, tenant, tokens)

    def queues(self) -> Mapping[str, int]:
        """How many wait for each backend that has a bound."""
        return {name: len(gate.queue) for name, gate in self._gates.items()}

    def waiting(self, backend: str) -> int:
        """How many wait for it."""
        gate = self._gates.get(backend)
        return 0 if gate is None else len(gate.queue)


class _Gate:
    def __init__(self, places: int, limits: QueueLimits) -> None:
        self._free = places
        self._limits = limits
        self.queue = FairQueue(limits.ahead_tokens)
        self._calls: dict[Ticket, asyncio.Future[None]] = {}

    async def enter(self, tier: Tier, tenant: str, tokens: int) -> Place:
        if self._free and not len(self.queue):
            self._free -= 1
            return Place(self, None)
        if len(self.queue) >= self._limits.waiting:
            self._make_room(tier, tenant)
        ticket = self.queue.add(tier, tenant, tokens)
        return await self._called(ticket)

    def left(self, ticket: Ticket | None, tokens: int) -> None:
        """A place is free again."""
        self._free += 1
        if ticket is not None:
            self.queue.correct(ticket, tokens)
        self._call()

    async def _called(self, ticket: Ticket) -> Place:
        """Waits for its turn."""
        loop = asyncio.get_running_loop()
        begun, call = loop.time(), loop.create_future()
        self._calls[ticket] = call
        called = False
        try:
            async with asyncio.timeout(self._limits.wait_s):
                await call
                called = True
        except TimeoutError:
            raise QueueTimeout(
                "The backend is busy, and had no place for this request in time.", self._hint()
            ) from None
        finally:
            if not called:
                self._forget(ticket, call)
        return Place(self, ticket, loop.time() - begun)

    def _call(self) -> None:
        """Calls those whose turn it is."""
        while self._free and (ticket := self.queue.pop()) is not None:
            call = self._calls.pop(ticket)
            if not call.done():
                self._free -= 1
                call.set_result(None)

    def _forget(self, ticket: Ticket, call: "asyncio.Future[None]") -> None:
        """It waits no longer. If it had been called just then, its place goes to the next."""
        if self._calls.pop(ticket, None) is not None:
            self.queue.remove(ticket)
        elif not call.cancelled() and call.exception() is None:
            self.left(ticket, 0)

    def _make_room(self, tier: Tier, tenant: str) -> None:
        """Sends somebody away who comes after this request. Raises QueueFull if that is nobody."""
        loser = self.queue.giving_way(tier, tenant)
        if loser is None:
            raise self._full()
        self.queue.remove(loser)
        call = self._calls.pop(loser)
        if not call.done():
            call.set_exception(self._full())

    def _full(self) -> QueueFull:
        return QueueFull("Too many requests wait for this backend; try again later.", self._hint())

    def _hint(self) -> int:
        """By then everybody who waits now has been served or has left."""
        return max(1, math.ceil(self._limits.wait_s))
