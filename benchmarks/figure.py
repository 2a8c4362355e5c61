"""What a run yields, and how several runs become one row."""

from collections.abc import Iterable, Sequence
from statistics import median

import msgspec


class Spread(msgspec.Struct, frozen=True):
    """A distribution: median, 99th percentile, maximum. Units are its owner's."""

    p50: float
    p99: float
    max: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Nearest rank. All zero when there are no values."""
        if not values:
            return cls(0.0, 0.0, 0.0)
        ranked = sorted(values)
        last = len(ranked) - 1
        return cls(*(round(ranked[round(q * last)], 2) for q in (0.5, 0.99, 1.0)))

    @classmethod
    def middle(cls, spreads: Iterable["Spread"]) -> "Spread":
        """Each figure's median over several runs."""
        each = list(spreads)
        return cls(*(round(median(getattr(spread, name) for spread in each), 2) for name in cls.__struct_fields__))


class Load(msgspec.Struct, frozen=True):
    """One run of `benchmarks.load`. `failed` counts answers that did not come whole, by reason.

    `cpu_us_token` is the proxy's CPU time per token that the backend sent; `cpu_share` is its part of one core;
    `first_ms` is from the request to the first text; `gap_ms` lies between two reads of one answer.
    """

    streams: int
    tokens_per_s: int
    answers: int
    failed: dict[str, int]
    cpu_us_token: float
    cpu_share: float
    rss_mib: float
    events_per_token: float
    first_ms: Spread
    gap_ms: Spread


def middle(loads: Sequence[Load]) -> Load:
    """The median run, figure by figure; failures are summed up."""
    reasons = {why for load in loads for why in load.failed}
    return Load(
        streams=loads[0].streams,
        tokens_per_s=round(median(load.tokens_per_s for load in loads)),
        answers=sum(load.answers for load in loads),
        failed={why: sum(load.failed.get(why, 0) for load in loads) for why in sorted(reasons)},
        cpu_us_token=round(median(load.cpu_us_token for load in loads), 2),
        cpu_share=round(median(load.cpu_share for load in loads), 3),
        rss_mib=round(median(load.rss_mib for load in loads), 1),
        events_per_token=round(median(load.events_per_token for load in loads), 3),
        first_ms=Spread.middle(load.first_ms for load in loads),
        gap_ms=Spread.middle(load.gap_ms for load in loads),
    )
