"""What a process costs: CPU time and memory of it and all its children, read from /proc. Linux only."""

from pathlib import Path

import msgspec

PROC = Path("/proc")


class Cost(msgspec.Struct, frozen=True):
    """A reading. `cpu_ns` counts from each thread's start; `rss_kib` is resident memory, shared pages counted twice."""

    cpu_ns: int
    rss_kib: int


def family(pid: int) -> list[int]:
    """The process and all that descend from it."""
    found, todo = [], [pid]
    while todo:
        each = todo.pop()
        found.append(each)
        for listing in PROC.glob(f"{each}/task/*/children"):
            todo += map(int, _text(listing).split())
    return found


def read(pid: int) -> Cost:
    """The family's cost so far. Raises RuntimeError when `pid` is gone or the kernel keeps no scheduler statistics.

    The first field of `schedstat` is a thread's time on a CPU in nanoseconds (kernel documentation, `sched-stats`);
    `/proc/PID/stat` would round it to 10 ms. A thread that ended between two readings is not seen.
    """
    pids = family(pid)
    cpu_ns = sum(_thread_ns(stat) for each in pids for stat in PROC.glob(f"{each}/task/*/schedstat"))
    if not cpu_ns:
        raise RuntimeError(f"no CPU time of process {pid}: it has ended, or this kernel lacks CONFIG_SCHED_INFO")
    return Cost(cpu_ns, sum(_rss_kib(each) for each in pids))


def _thread_ns(stat: Path) -> int:
    return int((_text(stat) or "0").split()[0])


def _rss_kib(pid: int) -> int:
    for line in _text(PROC / str(pid) / "status").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:  # it ended between the listing and the reading
        return ""
