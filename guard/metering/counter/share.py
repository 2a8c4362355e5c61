"""What holds while the store is away: nothing (closed), or this process's own share of every limit.

A share is the limit divided by the number of processes, rounded down, so that all of them together never grant more
than the limit. What the store granted this process is counted here as well, so that a share is not fresh when it is
needed; what is granted of a share is told to the store when it is back.
"""

import time
from collections.abc import Callable, Sequence
from typing import Final

import msgspec
import structlog

from guard.core.counter import Claim, Taking
from guard.errors import CountersUnavailable, LedgerError
from guard.metering.counter.memory import MemoryCounters
from guard.metering.counter.redis import Recall, RedisCounters, nothing

_log: Final = structlog.get_logger("guard.counter")
_LEAVE_ALONE_S: Final = 1.0
"""How long a store that did not answer is not asked."""


class SharedCounters:
    """Implements `ports.Counters` over a store that may go away. `replicas` None: fail closed."""

    def __init__(self, store: RedisCounters, replicas: int | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._replicas = replicas
        self._local = MemoryCounters(_unix_ms)  # the store's clock, about: corrections name its times
        self._clock = clock
        self._closed_until = 0.0
        self.away = False
        """Whether the store did not answer when it was asked last."""

    def healthy(self) -> bool:
        """Whether the store answers."""
        return not self.away

    async def start(self, recall: Recall = nothing) -> None:
        """Starts the store, which asks `recall` what was spent whenever it has lost its memory.

        If it is away, this process's share is one of what is left.
        """
        self._store.recall = recall
        if not await self._store.start() and self._replicas is not None:
            await self._recall(recall, self._replicas)

    async def stop(self) -> None:
        """Stops it."""
        await self._store.stop()

    async def take(self, claims: Sequence[Claim], lease: str) -> Taking:
        """All of the claims, or none. Raises CountersUnavailable if the store is away and nothing is shared."""
        try:
            taking = await self._asked(claims, lease)
        except CountersUnavailable:
            if self._replicas is None:
                raise
            return self._of_share(claims, lease, self._replicas)
        if taking.taken and self._replicas is not None:
            self._local.note(claims, lease)
        return taking

    def correct(self, claim: Claim, taking: Taking, amount: int) -> None:
        """The claim came to another amount."""
        if self._replicas is not None:
            self._local.correct(claim, taking, amount)
        if taking.local:
            self._tell_late(claim, amount)
        else:
            self._store.correct(claim, taking, amount)

    def release(self, claim: Claim, lease: str) -> None:
        """Gives a lease back."""
        self._local.release(claim, lease)
        self._store.release(claim, lease)

    async def _recall(self, recall: Recall, replicas: int) -> None:
        try:
            spent = await recall()
        except LedgerError as error:
            _log.warning("shares_not_recalled", error=type(error).__name__)
            return
        self._local.note([msgspec.structs.replace(one, amount=-(-one.amount // replicas)) for one in spent], "")

    async def _asked(self, claims: Sequence[Claim], lease: str) -> Taking:
        if self._clock() < self._closed_until:
            raise CountersUnavailable("The limits' store did not answer a moment ago; try again in a moment.")
        try:
            taking = await self._store.take(claims, lease)
        except CountersUnavailable:
            self._closed_until = self._clock() + _LEAVE_ALONE_S
            self._notice(away=True)
            raise
        self._notice(away=False)
        return taking

    def _of_share(self, claims: Sequence[Claim], lease: str, replicas: int) -> Taking:
        shares = [msgspec.structs.replace(claim, limit=claim.limit // replicas) for claim in claims]
        taking = self._local.take_now(shares, lease)
        if taking.taken:
            self._store.note(claims, lease)
        return msgspec.structs.replace(taking, local=True)

    def _tell_late(self, claim: Claim, amount: int) -> None:
        """More than was told: the store learns the rest. What was too much stays counted there."""
        if claim.window_ms and amount > claim.amount:
            self._store.note([msgspec.structs.replace(claim, amount=amount - claim.amount)], "")

    def _notice(self, away: bool) -> None:
        if away != self.away:
            self.away = away
            (_log.error if away else _log.info)("counters_store", answers=not away)


def _unix_ms() -> int:
    return time.time_ns() // 1_000_000
