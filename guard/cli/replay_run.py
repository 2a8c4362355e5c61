"""Runs a replay over a record: one pass for the policies and the busiest window, one over that window for loads."""

import asyncio
from array import array
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Final, Protocol

import msgspec

from guard.cli.replay_case import case_of
from guard.core.record import RecordedExchange
from guard.ports import PolicyEngine
from guard.replay.arrival import Peak, ask_of, scaled
from guard.replay.case import Case
from guard.replay.load import Ask, Fleet, Price
from guard.replay.quantile import Quantiles
from guard.replay.report import Report
from guard.replay.result import LoadForecast, RecordedWindow
from guard.replay.rollout import replay
from guard.replay.service import ServiceTimes
from guard.replay.simulation import simulate
from guard.replay.summary import Summary

_BARS: Final = 60
_BUCKETS_MS: Final = (60_000, 600_000, 3_600_000, 21_600_000, 86_400_000, 604_800_000, 2_592_000_000)
MOST_ASKS: Final = 200_000
"""Exchanges in one simulation: some minutes of computing."""


class Record(Protocol):
    """What a replay reads. `guard.audit.reader.RecordReader` is one."""

    def read(
        self, since_ms: int = 0, until_ms: int | None = None, tenant: str | None = None
    ) -> Iterator[RecordedExchange]:
        """The exchanges that began in [since, until), in the order of their start."""
        ...

    def count(self, since_ms: int = 0, until_ms: int | None = None, tenant: str | None = None) -> int:
        """How many those are."""
        ...


class Chosen(msgspec.Struct, frozen=True):
    """Which exchanges: Unix milliseconds, the end not included; of these tenants, all if none is named."""

    since_ms: int
    until_ms: int
    tenants: Collection[str] = ()

    def of(self, record: Record) -> Iterator[Case]:
        """The exchanges."""
        only = next(iter(self.tenants)) if len(self.tenants) == 1 else None
        for one in record.read(self.since_ms, self.until_ms, only):
            if not self.tenants or one.opening.tenant in self.tenants:
                yield case_of(one)

    def count(self, record: Record) -> int:
        """How many there are."""
        if not self.tenants:
            return record.count(self.since_ms, self.until_ms)
        return sum(record.count(self.since_ms, self.until_ms, tenant) for tenant in self.tenants)


def roll_out(
    record: Record,
    chosen: Chosen,
    new: PolicyEngine,
    live: PolicyEngine | None,
    prices: Mapping[str, Price],
    peak: Peak,
    advance: Callable[[], None],
) -> Report:
    """What would differ; `peak` sees every exchange as well."""
    summary = Summary(bucket_ms(chosen.until_ms - chosen.since_ms), prices)
    asyncio.run(replay(_watched(chosen.of(record), peak), new, live, summary, advance))
    return summary.report(live.generation if live is not None else "", new.generation, chosen.since_ms, chosen.until_ms)


def find_peak(record: Record, chosen: Chosen, peak: Peak, advance: Callable[[], None]) -> None:
    """Looks for the busiest window where no policy is replayed."""
    for _ in _watched(chosen.of(record), peak):
        advance()


def window_of(
    record: Record, chosen: Chosen, begin_ms: int, window_s: float, times: ServiceTimes
) -> tuple[list[Ask], RecordedWindow]:
    """The window's exchanges as a load, and what they were like."""
    window = Chosen(begin_ms, begin_ms + int(window_s * 1000), chosen.tenants)
    asks, first, total = [], array("d"), array("d")
    for case in window.of(record):
        asks.append(ask_of(case, begin_ms, times))
        first.extend([case.first_ms / 1e3] if case.first_ms is not None else [])
        total.extend([case.total_ms / 1e3] if case.total_ms is not None else [])
    seen = RecordedWindow(begin_ms, window_s, len(asks), Quantiles.of(first), Quantiles.of(total))
    return asks, seen


def forecasts(
    asks: Sequence[Ask],
    seen: RecordedWindow,
    factors: Sequence[float],
    fleet: Fleet,
    times: ServiceTimes,
    prices: Mapping[str, Price],
    advance: Callable[[], None],
) -> tuple[LoadForecast, ...]:
    """The window's exchanges, so many times over, simulated; as many of each as can be computed in minutes."""
    found = []
    for factor in factors:
        told = simulate(scaled(asks, factor, seen.window_s)[:MOST_ASKS], fleet, times, prices=prices)
        shape = fleet.replicas, fleet.backends, fleet.backend_lanes
        found.append(LoadForecast(factor, seen.begin_ms, seen.window_s, *shape, told))
        advance()
    return tuple(found)


def bucket_ms(span_ms: int) -> int:
    """How much time a bar of the plot covers, so that there are sixty or fewer."""
    return next((size for size in _BUCKETS_MS if span_ms <= size * _BARS), _BUCKETS_MS[-1])


def _watched(cases: Iterator[Case], peak: Peak) -> Iterator[Case]:
    for case in cases:
        peak.add(case)
        yield case
