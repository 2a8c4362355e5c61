"""What Guard itself takes, beside the pools: its processor time by configured watts for a core, or by RAPL.

RAPL counts a whole package; Guard's part is its share of the processor time that all cores had to give, work or not, so
idle power is in it. It can't see memory, network or GPUs: classifiers on a GPU are in no line.
"""

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec

from guard.metering.energy.interval import Void
from guard.metering.energy.result import IntervalResult, Origin, Settled

POOL: Final = "guard"
POWERCAP: Final = Path("/sys/class/powercap")
Packages = Callable[[], Sequence[tuple[int, int]]]
"""(microjoules, the counter's range) of each package. Raises OSError, ValueError."""


class _Mark(msgspec.Struct, frozen=True):
    at_s: float
    at_ms: int
    cpu_s: float
    packages: Sequence[tuple[int, int]]


def rapl_packages(root: Path = POWERCAP) -> Sequence[tuple[int, int]]:
    """The packages' counters (https://docs.kernel.org/power/powercap/powercap.html); mostly root's alone to read."""
    zones = sorted(root.glob("intel-rapl:[0-9]*"))
    return [
        (int((zone / "energy_uj").read_text()), int((zone / "max_energy_range_uj").read_text()))
        for zone in zones
        if zone.name.count(":") == 1 and (zone / "name").read_text().startswith("package")
    ]


class OwnMeter:
    """Guard's own line. RAPL where it can be read and no watts are configured."""

    def __init__(self, watts_per_core: float | None, packages: Packages = rapl_packages) -> None:
        self._watts = watts_per_core
        self._packages = packages
        self._last: _Mark | None = None
        self.method: Final = "rapl" if watts_per_core is None else "configured"

    def settle(self, now_s: float, now_ms: int) -> Sequence[Settled]:
        """What it took since the last call; nothing at the first."""
        last, mark = self._last, self._mark(now_s, now_ms)
        self._last = mark
        if last is None or now_s <= last.at_s:
            return ()
        energy, void = self._energy_mj(last, mark)
        interval = IntervalResult(last.at_ms, mark.at_ms, energy, None, void)
        return (Settled(Origin(POOL, self.method, ""), interval, (), ()),)

    def _mark(self, now_s: float, now_ms: int) -> _Mark:
        packages: Sequence[tuple[int, int]] = ()
        if self._watts is None:
            try:
                packages = self._packages()
            except (OSError, ValueError):
                packages = ()
        return _Mark(now_s, now_ms, time.process_time(), packages)

    def _energy_mj(self, last: _Mark, mark: _Mark) -> tuple[int | None, Void | None]:
        cpu_s = mark.cpu_s - last.cpu_s
        if self._watts is not None:
            return round(self._watts * cpu_s * 1000), None
        if not mark.packages or len(mark.packages) != len(last.packages):
            return None, Void.GAP
        # The counter runs over every few minutes; its range is known.
        steps = [(now - before) % most for (before, _), (now, most) in zip(last.packages, mark.packages, strict=True)]
        share = cpu_s / ((mark.at_s - last.at_s) * (os.cpu_count() or 1))
        return round(sum(steps) / 1000 * min(share, 1.0)), None
