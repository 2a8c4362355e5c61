"""One pool's books: intervals wait until whoever worked in them has ended, then they are split for good. No I/O.

What waits is bounded: an interval by `settle_s`, exchanges by `most`. Beyond a bound there is no number.
"""

from collections import deque
from collections.abc import Sequence
from math import hypot
from typing import Final

import msgspec

from guard.core.entry import ExchangeEnergy
from guard.core.work import Work
from guard.metering.energy.attribution import MOST_DOUBT, Share, Split, begins_s, split
from guard.metering.energy.group import grouped
from guard.metering.energy.idle import Baseline
from guard.metering.energy.interval import Interval, Void
from guard.metering.energy.result import ExchangeResult, GroupResult, IntervalResult, Origin, Settled
from guard.metering.energy.weight import Weights

MOST_WORKS: Final = 100_000


class _Held(msgspec.Struct):
    """An exchange until its last interval is settled."""

    work: Work
    energy_mj: float = 0.0
    doubt_mj: float = 0.0
    void: Void | None = None
    seen: bool = False

    def take(self, share: Share, void: Void | None) -> None:
        self.seen = True
        if share.energy_mj is None:
            self.void = self.void or void
        else:
            self.energy_mj += share.energy_mj
            self.doubt_mj += share.doubt_mj

    def result(self, ended_ms: int, residual: float) -> ExchangeResult:
        void = self.void or (Void.DOUBTFUL if self.doubt_mj > MOST_DOUBT * self.energy_mj else None)
        energy = None if void else round(self.energy_mj)
        doubt_mj = hypot(self.doubt_mj, residual * self.energy_mj)
        return ExchangeResult(self.work.exchange, ended_ms, energy, round(doubt_mj), void)


class Pool:
    """A pool whose energy is measured. One thread at a time."""

    def __init__(
        self, origin: Origin, weights: Weights, baseline: Baseline, settle_s: float, most: int = MOST_WORKS
    ) -> None:
        self._origin = origin
        self._weights = weights
        self.baseline: Final = baseline
        self._settle_s = settle_s
        self._most = most
        self._waiting: deque[Interval] = deque()
        self._held: list[_Held] = []
        self._settled_until_s: float | None = None
        self._overflown_until_s = float("-inf")

    def put(self, interval: Interval) -> None:
        """An interval is over."""
        self._waiting.append(interval)

    def add(self, work: Work) -> None:
        """An exchange is over."""
        if len(self._held) >= self._most:
            self._overflown_until_s = max(self._overflown_until_s, work.ended_s)
            return
        late = self._settled_until_s is not None and work.asked_s < self._settled_until_s
        self._held.append(_Held(work, void=Void.RUNNING if late else None))

    def settle(self, running_s: Sequence[float], now_s: float) -> Sequence[Settled]:
        """What has become final. `running_s`: when each exchange that still runs was asked of its backend."""
        oldest = min(running_s, default=float("inf"))
        settled: list[Settled] = []
        while self._waiting:
            interval = self._waiting[0]
            if oldest < interval.until_s:
                if now_s - interval.until_s < self._settle_s:
                    break
                interval = _voided(interval, Void.RUNNING)
            self._waiting.popleft()
            settled.append(self._settle(interval, oldest))
        return settled

    def leave(self, now_ms: int) -> Sequence[ExchangeEnergy]:
        """Nothing comes any more: whoever waits for an interval has no number."""
        for held in self._held:
            held.void = held.void or Void.GAP
        left, self._held = [held.result(now_ms, self._weights.residual) for held in self._held], []
        return [one.told(self._origin) for one in left]

    def _settle(self, interval: Interval, oldest: float) -> Settled:
        if interval.since_s < self._overflown_until_s:
            interval = _voided(interval, Void.OVERFLOW)
        here = [held for held in self._held if begins_s(held.work) < interval.until_s]
        for held in here:
            if not held.seen and begins_s(held.work) < interval.since_s:
                held.void = held.void or Void.GAP
        if not here and oldest >= interval.until_s and interval.energy_mj is not None and interval.void is None:
            self.baseline.note(interval.energy_mj / 1000 / interval.seconds)
        works = [held.work for held in here]
        parts = split(interval, works, self._weights, self.baseline.idle())
        for held, share in zip(here, parts.shares, strict=True):
            held.take(share, parts.void)
        self._settled_until_s = interval.until_s
        groups = [_doubted(group, self._weights.residual) for group in grouped(works, parts)]
        return Settled(self._origin, _told(parts), groups, self._released(interval))

    def _released(self, interval: Interval) -> Sequence[ExchangeResult]:
        """Exchanges that ended before the interval did, which no later one concerns."""
        over = [held for held in self._held if held.work.ended_s < interval.until_s]
        ended = [held.result(interval.until_ms, self._weights.residual) for held in over]
        self._held = [held for held in self._held if held.work.ended_s >= interval.until_s]
        return ended


def _doubted(group: GroupResult, residual: float) -> GroupResult:
    """With what is uncertain about the split of one interval."""
    doubt_mj = hypot(group.doubt_mj, residual * (group.energy_mj or 0.0))
    return msgspec.structs.replace(group, doubt_mj=doubt_mj)


def _voided(interval: Interval, void: Void) -> Interval:
    return msgspec.structs.replace(interval, void=interval.void or void)


def _told(parts: Split) -> IntervalResult:
    interval = parts.interval
    idle = None if parts.idle_mj is None else round(parts.idle_mj)
    return IntervalResult(interval.since_ms, interval.until_ms, interval.energy_mj, idle, parts.void)
