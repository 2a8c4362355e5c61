"""How much memory does Guard take at a thousand open streams? The proxy's processes only.

    python -m benchmarks.memory [--streams 1000] [--seconds 20]

Slow streams, a token a second each, opened one by one; when all have had a token, resident memory is read every half
second for the window, and the highest reading counts. nginx and an idle Guard are there to compare with. It does not
look for leaks: that takes days, not seconds.
"""

import argparse
import asyncio
import contextlib
import resource
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import uvloop

from benchmarks import contender
from benchmarks.compare import backend
from benchmarks.load import request
from benchmarks.place import Place, place
from benchmarks.process import read
from benchmarks.report import RESULTS, table, write
from benchmarks.server import Running
from benchmarks.stream import Client

QUESTION = "How much memory does Guard take at a thousand open streams?"
OPEN_PER_S = 200
PATIENCE_S = 60.0


class Resident(msgspec.Struct, frozen=True):
    """One proxy's memory, MiB: before the first stream, and the highest reading while all were open."""

    name: str
    idle_mib: float
    peak_mib: float
    streams: int

    @property
    def per_stream_kib(self) -> float:
        """What one more open stream takes."""
        return (self.peak_mib - self.idle_mib) * 1024 / max(self.streams, 1)


class Result(msgspec.Struct, frozen=True):
    """All of it."""

    question: str
    place: Place
    rows: tuple[Resident, ...]


async def measure(name: str, server: Running, streams: int, seconds: float) -> Resident:
    """Opens the streams, reads the memory, drops them. Raises RuntimeError when not all streams flow in time."""
    idle = read(server.pid).rss_kib
    clients: list[Client] = []
    try:
        await open_all(server.url, streams, clients)
        peak = 0
        for _ in range(max(round(seconds * 2), 1)):
            peak = max(peak, read(server.pid).rss_kib)
            await asyncio.sleep(0.5)
        alive = sum(not client.ended.done() for client in clients)
        if alive < streams:
            raise RuntimeError(f"{name}: {streams - alive} of {streams} streams ended early")
    finally:
        for client in clients:
            client.transport.close()
            client.ended.cancel()
    return Resident(name, round(idle / 1024, 1), round(peak / 1024, 1), streams)


async def open_all(url: str, streams: int, clients: list[Client]) -> None:
    """Opens them at a pace that a backlog can take, and returns when each has had its first event."""
    wire = request(f"{url}/v1/chat/completions", "bench", "bench")
    parts = urlsplit(url)
    loop = asyncio.get_running_loop()
    for _ in range(streams):
        _, client = await loop.create_connection(lambda: Client(lambda _: None), parts.hostname or "", parts.port or 80)
        clients.append(client)
        client.ask(wire)
        await asyncio.sleep(1 / OPEN_PER_S)
    until = loop.time() + PATIENCE_S
    while not all(client.seen.arrivals for client in clients):
        if loop.time() > until:
            silent = sum(not client.seen.arrivals for client in clients)
            raise RuntimeError(f"{silent} of {streams} streams brought no token within {PATIENCE_S:.0f} s")
        await asyncio.sleep(0.2)


def run(streams: int, seconds: float) -> Result:
    """nginx, then Guard, one after the other before one backend."""
    where = place()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # two sockets a stream; children inherit it
    lasting = round(streams / OPEN_PER_S + PATIENCE_S + seconds) + 60
    rows: list[Resident] = []
    with tempfile.TemporaryDirectory(prefix="guard-bench-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        url = stack.enter_context(backend(folder, lasting, 1.0))
        for up in (contender.nginx(url, folder), contender.guarded(url, folder)):
            each = stack.enter_context(up)
            if each.server:
                rows.append(uvloop.run(measure(each.name, each.server, streams, seconds)))
    return Result(QUESTION, where, tuple(rows))


def show(result: Result) -> str:
    """The result as a Markdown table."""
    head = ("proxy", "open streams", "idle, MiB", "peak, MiB", "KiB per stream")
    return table(
        head,
        [
            (r.name, str(r.streams), f"{r.idle_mib:.0f}", f"{r.peak_mib:.0f}", f"{r.per_stream_kib:.0f}")
            for r in result.rows
        ],
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--streams", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--out", type=Path, default=RESULTS)
    args = parser.parse_args()
    result = run(args.streams, args.seconds)
    write(args.out, "memory", result, QUESTION, result.place, show(result))


if __name__ == "__main__":
    main()
