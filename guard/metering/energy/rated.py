"""A pool whose energy is not measured: joules for a token are configured, by model. Pure.

It has no idle line, and its method, `configured`, says so.
"""

from collections.abc import Sequence
from typing import Final

from guard.core.work import Work
from guard.metering.energy.attribution import Share, Split
from guard.metering.energy.group import grouped
from guard.metering.energy.interval import Interval, Void
from guard.metering.energy.result import ExchangeResult, GroupResult, IntervalResult, Origin, Settled
from guard.metering.energy.weight import Rate, Tokens, rate_of

METHOD: Final = "configured"


class RatedPool:
    """Every exchange takes what its tokens take, in the interval in which it ends."""

    def __init__(self, origin: Origin, rates: Sequence[Rate]) -> None:
        self._origin = origin
        self._rates = tuple(rates)
        self._works: list[Work] = []
        self._since_s: float | None = None
        self._since_ms = 0

    def add(self, work: Work) -> None:
        """An exchange is over."""
        self._works.append(work)

    def settle(self, now_s: float, now_ms: int) -> Sequence[Settled]:
        """What ended since the last call; nothing if nothing did."""
        since_s, since_ms, works = self._since_s, self._since_ms, self._works
        self._since_s, self._since_ms, self._works = now_s, now_ms, []
        if not works:
            return ()
        since_s = min(min(work.ended_s for work in works), now_s if since_s is None else since_s)
        shares = [self._share(work) for work in works]
        total = sum(share.energy_mj or 0.0 for share in shares)
        interval = Interval(since_s, now_s, since_ms or now_ms, now_ms, round(total))
        # By model, so that one without a rate takes no number from the others.
        groups = [group for known in (True, False) for group in _grouped(works, shares, interval, known)]
        told = IntervalResult(interval.since_ms, now_ms, round(total), None)
        exchanges = [_result(work, share, now_ms) for work, share in zip(works, shares, strict=True)]
        return (Settled(self._origin, told, groups, exchanges),)

    def _share(self, work: Work) -> Share:
        tokens, rate = Tokens.of(work.usage), rate_of(self._rates, work.model)
        return Share(tokens, None if rate is None else rate.joules(tokens) * 1000)


def _grouped(works: Sequence[Work], shares: Sequence[Share], interval: Interval, known: bool) -> Sequence[GroupResult]:
    chosen = [
        (work, share) for work, share in zip(works, shares, strict=True) if (share.energy_mj is not None) is known
    ]
    parts = Split(interval, None, [share for _, share in chosen], None if known else Void.UNMETERED)
    return grouped([work for work, _ in chosen], parts)


def _result(work: Work, share: Share, now_ms: int) -> ExchangeResult:
    if share.energy_mj is None:
        return ExchangeResult(work.exchange, now_ms, None, 0, Void.UNMETERED)
    return ExchangeResult(work.exchange, now_ms, round(share.energy_mj))
