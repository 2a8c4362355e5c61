"""Adds the shares of one interval up by model, tier and tenant. Pure."""

from collections.abc import Sequence

from guard.core.work import Work
from guard.metering.energy.attribution import Split
from guard.metering.energy.interval import Interval
from guard.metering.energy.result import GroupResult
from guard.metering.energy.weight import Tokens


def grouped(works: Sequence[Work], parts: Split) -> Sequence[GroupResult]:
    """One result for each model, tier and tenant that had something of the interval."""
    groups: dict[tuple[str, str, str], GroupResult] = {}
    for work, share in zip(works, parts.shares, strict=True):
        ended = _ended(work, parts.interval)
        if not share.tokens.total and not ended:
            continue
        key = work.model, work.tier, work.tenant
        before = groups.get(key) or GroupResult(*key, Tokens(), 0, None if parts.void else 0.0)
        groups[key] = GroupResult(
            *key,
            tokens=before.tokens + share.tokens,
            exchanges=before.exchanges + ended,
            energy_mj=None if share.energy_mj is None else (before.energy_mj or 0.0) + share.energy_mj,
            doubt_mj=before.doubt_mj + share.doubt_mj,
            cost_nanousd=before.cost_nanousd + (work.cost_nanousd or 0 if ended else 0),
            unpriced=before.unpriced + (ended and work.cost_nanousd is None),
        )
    return tuple(groups.values())


def _ended(work: Work, interval: Interval) -> bool:
    return interval.since_s <= work.ended_s < interval.until_s
