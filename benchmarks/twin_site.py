"""The real server that the simulation is held against: starts it, drives it, and reads what it did meanwhile."""

import contextlib
import http.client
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec

from benchmarks.arrivals import Driven
from benchmarks.contender import POLICIES, ROOT
from benchmarks.process import PROC
from benchmarks.server import Running, free_port, running

SHORT, LONG = 4, 60
"""Tokens of the two kinds of answers."""
GAP_S = 0.02
CORES = len(os.sched_getaffinity(0))
LONG_S = 0.0005
"""A thread that keeps a core longer than this, on average, runs window models."""
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


class Thread(NamedTuple):
    """How long a thread ran so far, how long it wanted a core and had none, and how often it got one. Seconds."""

    cpu_s: float
    delay_s: float
    slices: int


class Reading(msgspec.Struct, frozen=True):
    """Where the server stands: its threads by number (the event loop has the process's own), and its models."""

    threads: dict[int, Thread]
    models: dict[str, Ran]


class Measured(msgspec.Struct, frozen=True):
    """One run against the real server. `loop_s` is the event loop's CPU time.

    `slowed` is how many times longer threads that run for long, the window models', took than their CPU time, for want
    of a core.
    """

    rate: float
    words: int
    tokens: int
    driven: Driven
    seconds: float
    loop_s: float
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
    before, began = reading(where), time.monotonic()
    asked = driven(where.guard.url, model, rate, words, seconds, seed)
    after, taken = reading(where), time.monotonic() - began
    spent = _spent(before.threads, after.threads)
    long = [thread for thread in spent.values() if thread.cpu_s > LONG_S * thread.slices]
    cpu_s, delay_s = sum(thread.cpu_s for thread in long), sum(thread.delay_s for thread in long)
    slowed = (cpu_s + delay_s) / cpu_s if cpu_s else 1.0
    return Measured(
        rate=rate,
        words=words,
        tokens=tokens,
        driven=asked,
        seconds=taken,
        loop_s=spent[where.guard.pid].cpu_s,
        slowed=slowed,
        models=tuple(_since(before.models.get(name), now) for name, now in after.models.items()),
    )


def reading(where: Site) -> Reading:
    """Reads the server's threads (kernel documentation, `sched-stats`) and its models' figures."""
    pid = where.guard.pid
    told = {int(stat.parent.name): stat.read_text().split() for stat in PROC.glob(f"{pid}/task/*/schedstat")}
    threads = {tid: Thread(int(cpu) / 1e9, int(delay) / 1e9, int(slices)) for tid, (cpu, delay, slices) in told.items()}
    return Reading(threads, _figures(where))


def _spent(before: dict[int, Thread], after: dict[int, Thread]) -> dict[int, Thread]:
    none = Thread(0.0, 0.0, 0)
    return {
        tid: Thread(*(now - then for now, then in zip(thread, before.get(tid, none), strict=True)))
        for tid, thread in after.items()
    }


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
