"""The real server that the simulation is held against: starts it, drives it, and reads what it did meanwhile."""

import contextlib
import http.client
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from benchmarks.arrivals import Driven
from benchmarks.contender import POLICIES, ROOT
from benchmarks.process import PROC, family
from benchmarks.server import Running, free_port, running

SHORT, LONG = 4, 60
"""Tokens of the two kinds of answers."""
GAP_S = 0.02
SAMPLE_S = 0.02
WEIGHT = 1.25 ** os.nice(0)
"""How much a thread of another program counts: less where the benchmark runs with a negative nice value (sched(7))."""
CONF = """
listen: 127.0.0.1:{port}
backends:
  - {{name: short, base_url: "{short}/v1", kind: openai, api_key: bench, models: ["short*"]}}
  - {{name: long, base_url: "{long}/v1", kind: openai, api_key: bench, models: ["*"]}}
policies: {policies}
ledger: sqlite:///{folder}/guard-{port}.db
"""


class Ran(msgspec.Struct, frozen=True):
    """A model's runs in one run of the load, as `/v1/guard/models` tells them."""

    model: str
    runs: int = 0
    rows: int = 0
    tokens: int = 0
    run_s: float = 0.0


class Reading(msgspec.Struct, frozen=True):
    """Where the server stands: seconds since it began. `delay_s` is how long its threads wanted a core and had none.

    `ours_s` is how long the load generators and model servers have wanted to run.
    """

    loop_s: float
    cpu_s: float
    delay_s: float
    ours_s: float
    models: dict[str, Ran]


class Measured(msgspec.Struct, frozen=True):
    """One run against the real server. `loop_s` is the event loop's CPU time; `others` how many threads of other
    programs wanted to run on average; `slowed` how many times longer Guard's threads took for want of cores.
    """

    rate: float
    words: int
    tokens: int
    driven: Driven
    seconds: float
    loop_s: float
    others: float
    slowed: float
    models: tuple[Ran, ...]

    def of(self, model: str) -> Ran:
        """One model's runs; none if it did not run."""
        return next((one for one in self.models if one.model == model), Ran(model))


class Site(msgspec.Struct, frozen=True):
    """What is measured: Guard's server, and the model servers behind it."""

    guard: Running
    backends: tuple[Running, Running]

    @property
    def long(self) -> str:
        """The model server that writes long answers."""
        return self.backends[1].url


@contextlib.contextmanager
def site(folder: Path) -> Iterator[Site]:
    """Two model servers, for short answers and long ones, and Guard before them."""
    with contextlib.ExitStack() as stack:
        short, long = (stack.enter_context(_backend(folder, tokens)) for tokens in (SHORT, LONG))
        port = free_port()
        conf = folder / "guard.yaml"
        conf.write_text(CONF.format(port=port, short=short.url, long=long.url, policies=POLICIES, folder=folder))
        command = [sys.executable, "-m", "guard", "serve", "--config", str(conf)]
        server = stack.enter_context(running(command, port, folder / "guard.log", path="/healthz", within_s=180))
        yield Site(server, (short, long))


@contextlib.contextmanager
def _backend(folder: Path, tokens: int) -> Iterator[Running]:
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.upstream", str(port), "--tokens", str(tokens), "--gap-s", str(GAP_S)]
    with running(command, port, folder / f"backend-{tokens}.log", path="/stats") as server:
        yield server


def driven(url: str, model: str, rate: float, words: int, seconds: float, seed: int) -> Driven:
    """One run, by a load generator in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.arrivals", f"{url}/v1/chat/completions", "--rate", str(rate)]
    command += ["--seconds", str(seconds), "--model", model, "--words", str(words), "--seed", str(seed)]
    told = subprocess.run(command, capture_output=True, timeout=seconds + 120, check=False, cwd=ROOT)
    if told.returncode:
        raise RuntimeError(f"the load generator failed:\n{told.stderr.decode()[-1500:]}")
    return msgspec.json.decode(told.stdout, type=Driven)


def measure(where: Site, rate: float, words: int, tokens: int, seconds: float, seed: int) -> Measured:
    """Drives the real server and reads what it did meanwhile."""
    model = "short" if tokens == SHORT else "bench"
    with Crowd() as crowd:
        before, began = reading(where), time.monotonic()
        asked = driven(where.guard.url, model, rate, words, seconds, seed)
        after, taken = reading(where), time.monotonic() - began
    cpu_s, delay_s = after.cpu_s - before.cpu_s, after.delay_s - before.delay_s
    ours = (after.ours_s - before.ours_s) / taken
    return Measured(
        rate=rate,
        words=words,
        tokens=tokens,
        driven=asked,
        seconds=taken,
        loop_s=after.loop_s - before.loop_s,
        others=ours + WEIGHT * max(0.0, crowd.mean - ours - (cpu_s + delay_s) / taken),
        slowed=(cpu_s + delay_s) / cpu_s,
        models=tuple(_since(before.models.get(name), now) for name, now in after.models.items()),
    )


def reading(where: Site) -> Reading:
    """Reads the server's figures and its threads' times (kernel documentation, `sched-stats`)."""
    pid = where.guard.pid
    cpu_s, delay_s = _wanted(pid)
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Reading(
        # The main thread is the event loop's.
        loop_s=int((PROC / f"{pid}/task/{pid}/schedstat").read_text().split()[0]) / 1e9,
        cpu_s=cpu_s,
        delay_s=delay_s,
        ours_s=ended.ru_utime + ended.ru_stime + sum(sum(_wanted(backend.pid)) for backend in where.backends),
        models=_figures(where),
    )


def _wanted(pid: int) -> tuple[float, float]:
    """How long a process's threads ran, and how long they wanted to and could not, in seconds."""
    threads = [stat.read_text().split() for each in family(pid) for stat in PROC.glob(f"{each}/task/*/schedstat")]
    return sum(int(cpu) for cpu, _, _ in threads) / 1e9, sum(int(delay) for _, delay, _ in threads) / 1e9


def _figures(where: Site) -> dict[str, Ran]:
    line = http.client.HTTPConnection(urlsplit(where.guard.url).netloc, timeout=30)
    try:
        line.request("GET", "/v1/guard/models")
        told = msgspec.json.decode(line.getresponse().read(), type=dict[str, tuple[Ran, ...]])
    finally:
        line.close()
    return {one.model: one for one in told["models"]}


def _since(before: Ran | None, now: Ran) -> Ran:
    if before is None:
        return now
    return Ran(
        now.model,
        now.runs - before.runs,
        now.rows - before.rows,
        now.tokens - before.tokens,
        now.run_s - before.run_s,
    )


class Crowd:
    """Counts, fifty times a second, the threads of the whole machine that want to run (proc(5), `procs_running`)."""

    def __init__(self) -> None:
        self._counts: list[int] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    @property
    def mean(self) -> float:
        """On average; this counter's own thread is not counted."""
        return sum(self._counts) / max(1, len(self._counts)) - 1

    def __enter__(self) -> "Crowd":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(SAMPLE_S):
            lines = (PROC / "stat").read_text().splitlines()
            self._counts.append(next(int(line.split()[1]) for line in lines if line.startswith("procs_running")))
