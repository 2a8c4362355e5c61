"""From samples of energy counters to intervals whose energy is known, or known to be unknown. Pure.

A sample is all GPUs' counters at one moment. Exporters repeat what they collected last, so a sample in which a counter
has not moved is no new one. It can't see a counter that was reset and has grown beyond its old value in one step with a
plausible power.
"""

import enum
from collections.abc import Mapping
from typing import Final

import msgspec

MOST_SLACK: Final = 0.02
"""How far an end may be off, as a share of an interval."""


LAST_S: Final = 2.0
"""A last interval may be as short as this: when its ends were read is known to some milliseconds."""


class Void(enum.Enum):
    """Why there is no number.

    `gap`: a sample is missing, or came too late. `stale`: the exporter collects rarely and is read rarely, so that
    nobody knows when it did. `reset`: a counter went back. `implausible`: more power than a GPU takes.
    `changed`: GPUs came or went. `idle_unknown`: nobody knows what the pool takes without work. `running`: an
    exchange in it ran for too long to wait for. `overflow`: more exchanges than are kept. `doubtful`: idle power varies
    more than the work took. `unmetered`: nothing is configured for the model.
    """

    GAP = "gap"
    STALE = "stale"
    RESET = "reset"
    IMPLAUSIBLE = "implausible"
    CHANGED = "changed"
    IDLE_UNKNOWN = "idle_unknown"
    RUNNING = "running"
    OVERFLOW = "overflow"
    DOUBTFUL = "doubtful"
    UNMETERED = "unmetered"


class Sample(msgspec.Struct, frozen=True):
    """Millijoules by GPU, at `at_s` on the monotonic clock and `at_ms` in Unix milliseconds."""

    at_s: float
    at_ms: int
    counters_mj: Mapping[str, int]


class Interval(msgspec.Struct, frozen=True):
    """From one moment up to and without another. `energy_mj` is None where there is a reason."""

    since_s: float
    until_s: float
    since_ms: int
    until_ms: int
    energy_mj: int | None
    void: Void | None = None

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.until_s - self.since_s


class Limits(msgspec.Struct, frozen=True):
    """An interval's least length, the longest time between two samples that differ, and the most that one GPU takes."""

    least_s: float = 15.0
    gap_s: float = 90.0
    gpu_watts: float = 3000.0


class Intervals:
    """Makes intervals of samples. They follow each other without holes, from the first sample on."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._last: Sample | None = None
        """Where the interval began."""
        self._fresh: Sample | None = None
        """The last sample that said something new."""
        self._repeated_s: float | None = None
        """When it was last seen again."""
        self._void: Void | None = None

    def miss(self) -> None:
        """A sample could not be had, so that the interval it lies in has no number."""
        self._void = self._void or Void.GAP

    def take(self, sample: Sample, last: bool = False) -> Interval | None:
        """The interval that a sample ends; None for the first sample, and for one that ends none. The last one may be
        shorter."""
        fresh = self._fresh
        if fresh is None or self._last is None:
            self._last = self._fresh = sample
            self._void = None
            return None
        if self._repeats(fresh, sample):
            self._repeated_s = sample.at_s
            return None
        slack_s, sample = self._dated(sample)
        self._void = self._void or self._fault(fresh, sample)
        self._fresh = sample
        length_s = sample.at_s - self._last.at_s
        if length_s < (min(self._limits.least_s, LAST_S) if last else self._limits.least_s):
            return None
        if slack_s > MOST_SLACK * length_s:
            self._void = self._void or Void.STALE
        return self._ended(self._last, sample)

    def _ended(self, last: Sample, sample: Sample) -> Interval:
        void, self._void, self._last = self._void, None, sample
        energy = None if void else sum(sample.counters_mj.values()) - sum(last.counters_mj.values())
        return Interval(last.at_s, sample.at_s, last.at_ms, sample.at_ms, energy, void)

    def _repeats(self, fresh: Sample, sample: Sample) -> bool:
        """Whether some counter stands still, within the time in which that means that nothing was collected."""
        if sample.at_s - fresh.at_s > self._limits.gap_s or fresh.counters_mj.keys() != sample.counters_mj.keys():
            return sample.at_s <= fresh.at_s
        return any(fresh.counters_mj[gpu] == value for gpu, value in sample.counters_mj.items())

    def _dated(self, sample: Sample) -> tuple[float, Sample]:
        """When a sample was collected that has only now been seen, and how far that may be off."""
        if self._repeated_s is None:
            return 0.0, sample
        slack_s, self._repeated_s = (sample.at_s - self._repeated_s) / 2, None
        earlier = Sample(sample.at_s - slack_s, sample.at_ms - round(slack_s * 1000), sample.counters_mj)
        return slack_s, earlier

    def _fault(self, fresh: Sample, sample: Sample) -> Void | None:
        seconds = sample.at_s - fresh.at_s
        if fresh.counters_mj.keys() != sample.counters_mj.keys():
            return Void.CHANGED
        steps = [value - fresh.counters_mj[gpu] for gpu, value in sample.counters_mj.items()]
        if any(step < 0 for step in steps):
            return Void.RESET
        if seconds > self._limits.gap_s:
            return Void.GAP
        return Void.IMPLAUSIBLE if any(step > self._limits.gpu_watts * seconds * 1000 for step in steps) else None
