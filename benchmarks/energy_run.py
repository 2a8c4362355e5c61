"""Takes a generated trace through the meter's own books, and says how far its numbers are from the truth."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from benchmarks.energy_trace import START_MS, Cumulative, Trace
from guard.metering.energy.calibration import Observation, calibrate
from guard.metering.energy.idle import Baseline
from guard.metering.energy.interval import Intervals, Limits
from guard.metering.energy.pool import Pool
from guard.metering.energy.result import ExchangeResult, Origin, Settled
from guard.metering.energy.weight import Tokens, Weights


class Line(msgspec.Struct, frozen=True):
    """Claimed against true millijoules of one line; `error` is a share of the truth."""

    name: str
    claimed_mj: float
    truth_mj: float

    @property
    def error(self) -> float:
        """How far off, as a share."""
        return abs(self.claimed_mj / self.truth_mj - 1)


def books(trace: Trace, weights: Weights, limits: Limits | None = None) -> Sequence[Settled]:
    """All that the meter would have kept of a trace."""
    intervals = Intervals(limits or Limits())
    pool = Pool(Origin("p", "dcgm", weights.version), weights, Baseline(calibrated_w=weights.idle_w), settle_s=300)
    asked = sorted(trace.works, key=lambda work: work.asked_s)
    ended = sorted(trace.works, key=lambda work: work.ended_s)
    running: dict[str, float] = {}
    settled: list[Settled] = []
    begun = done = 0
    for at, sample in trace.samples:
        while begun < len(asked) and asked[begun].asked_s <= at:
            running[asked[begun].exchange] = asked[begun].asked_s
            begun += 1
        while done < len(ended) and ended[done].ended_s <= at:
            pool.add(ended[done])
            del running[ended[done].exchange]
            done += 1
        if sample is None:
            intervals.miss()
        elif (interval := intervals.take(sample)) is not None:
            pool.put(interval)
        settled.extend(pool.settle(tuple(running.values()), at))
    return settled


def observations(settled: Iterable[Settled]) -> list[Observation]:
    """What a calibration sees of the books."""
    found: list[Observation] = []
    for one in settled:
        interval = one.interval
        tokens: dict[str, Tokens] = defaultdict(Tokens)
        for group in one.groups:
            tokens[group.model] += group.tokens
        if interval.energy_mj is not None and interval.void in (None,):
            found.append(Observation((interval.until_ms - interval.since_ms) / 1000, interval.energy_mj, dict(tokens)))
    return found


def calibrated(trace: Trace, start: Weights, limits: Limits | None = None) -> Weights:
    """Weights that a trace of its own gives."""
    return calibrate(observations(books(trace, start, limits)), "trace")


def exchange_results(settled: Iterable[Settled]) -> Mapping[str, ExchangeResult]:
    """By exchange."""
    return {one.exchange: one for part in settled for one in part.exchanges}


def lines(trace: Trace, settled: Sequence[Settled]) -> Sequence[Line]:
    """Each model, tier and tenant, and idle, over all intervals that have a number."""
    sums = {key: Cumulative(ticks) for key, ticks in (*trace.group_mj.items(), ("idle", trace.idle_mj))}
    claimed: dict[str, float] = defaultdict(float)
    truth: dict[str, float] = defaultdict(float)
    for part in settled:
        if part.interval.void is not None:
            continue
        since, until = ((one - START_MS) / 1000 for one in (part.interval.since_ms, part.interval.until_ms))
        claimed["idle"] += part.interval.idle_mj or 0
        truth["idle"] += sums["idle"].between(since, until)
        for key in trace.group_mj:
            took = sums[key].between(since, until)
            for name in key:
                truth[name] += took
        for group in part.groups:
            for name in (group.model, group.tier, group.tenant):
                claimed[name] += group.energy_mj or 0.0
    return [Line(name, claimed[name], truth[name]) for name in sorted(truth)]
