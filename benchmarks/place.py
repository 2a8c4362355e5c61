"""Where and when figures were taken: without that they mean nothing."""

import datetime
import os
import platform
import sys
from pathlib import Path

import msgspec


class Place(msgspec.Struct, frozen=True):
    """The machine, its software, the day (UTC)."""

    cpu: str
    cores: int
    memory_gib: float
    kernel: str
    python: str
    date: str
    load_before: float
    """The one-minute load average before the run: well below 1 on a machine that does nothing else."""


def place() -> Place:
    """Reads it from the running system. Linux only."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return Place(
        cpu=_cpu(),
        cores=len(os.sched_getaffinity(0)),
        memory_gib=round(memory, 1),
        kernel=platform.release(),
        python=sys.version.split()[0],
        date=datetime.datetime.now(datetime.UTC).date().isoformat(),
        load_before=round(os.getloadavg()[0], 2),
    )


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
