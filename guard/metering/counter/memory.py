"""Counters in this process, for one process alone."""

import time
from collections.abc import Callable, Sequence
from typing import Final

from guard.core.counter import Claim, Standing, Taking
from guard.metering.counter.window import Window

_SWEEP_EVERY: Final = 4096


def monotonic_ms() -> int:
    """Milliseconds of a clock that nobody sets."""
    return time.monotonic_ns() // 1_000_000


class MemoryCounters:
    """Implements `ports.Counters`. It forgets counters that are empty: it holds no more than a window's callers."""

    def __init__(self, clock: Callable[[], int] = monotonic_ms) -> None:
        self._clock = clock
        self._windows: dict[str, tuple[Window, Claim]] = {}
        self._leases: dict[str, set[str]] = {}
        self._until_sweep = _SWEEP_EVERY

    def healthy(self) -> bool:
        """Always."""
        return True

    async def take(self, claims: Sequence[Claim], lease: str) -> Taking:
        """All of the claims, or none."""
        return self.take_now(claims, lease)

    def take_now(self, claims: Sequence[Claim], lease: str) -> Taking:
        """The same, for what must not wait."""
        now = self._clock()
        found = [self._standing(claim, now) for claim in claims]
        if any(standing.wait_ms for standing in found):
            return Taking(False, now, tuple(found))
        self.note(claims, lease)
        return Taking(True, now, tuple(self._standing(claim, now, after=True) for claim in claims))

    def note(self, claims: Sequence[Claim], lease: str) -> None:
        """Counts claims that were granted elsewhere, beyond the limits if need be."""
        now = self._clock()
        for claim in claims:
            if claim.window_ms:
                self._window(claim).add(claim, claim.amount, now)
            else:
                self._leases.setdefault(claim.key, set()).add(lease)
        self._sweep(now)

    def correct(self, claim: Claim, taking: Taking, amount: int) -> None:
        """The claim was for more, or less, than what it came to."""
        if not claim.window_ms or amount == claim.amount:
            return
        if amount > claim.amount:
            self._window(claim).add(claim, amount - claim.amount, self._clock())
        else:
            self._window(claim).give_back(claim, claim.amount - amount, taking.at_ms)

    def release(self, claim: Claim, lease: str) -> None:
        """Gives a lease back."""
        held = self._leases.get(claim.key)
        if held is not None:
            held.discard(lease)
            if not held:
                del self._leases[claim.key]

    def _standing(self, claim: Claim, now: int, after: bool = False) -> Standing:
        if claim.window_ms:
            standing = self._window(claim).standing(claim, now)
            return Standing(standing.used, standing.limit, standing.reset_ms) if after else standing
        used = len(self._leases.get(claim.key, ()))
        return Standing(used, claim.limit, 0, 0 if after or used < claim.limit else 1000)

    def _window(self, claim: Claim) -> Window:
        found = self._windows.get(claim.key)
        if found is None:
            found = self._windows[claim.key] = (Window(), claim)
        return found[0]

    def _sweep(self, now: int) -> None:
        """Forgets counters that count nothing any more, now and then."""
        self._until_sweep -= 1
        if self._until_sweep > 0:
            return
        self._until_sweep = max(_SWEEP_EVERY, len(self._windows))
        empty = [key for key, (window, claim) in self._windows.items() if window.is_empty(claim, now)]
        for key in empty:
            del self._windows[key]
