"""Drives paced streams through a proxy for a while and tells what they cost and how late they were.

    python -m benchmarks.load URL --backend URL --streams C --tokens T --gap-s S --seconds W [--pid PID]

C streams are open at any time. They start spread evenly over one answer's length, and over one gap as well (by the
golden ratio), so that tokens arrive one by one as they do from independent users; were they in step, one wake-up of the
proxy would serve them all and hide its cost. When all run, a window of W seconds opens: only what happens in it counts.
CPU time is divided by the tokens that the *backend* sent in it, so that a proxy that merges chunks gains nothing.
"""

import argparse
import asyncio
import http.client
import itertools
import sys
from urllib.parse import urlsplit

import httptools
import msgspec
import uvloop

from benchmarks.figure import Load, Spread
from benchmarks.process import Cost, read
from benchmarks.stream import Client
from benchmarks.upstream import Tally

GOLDEN = 0.6180339887498949
PATIENCE_S = 60.0
BACKOFF_S = 0.1
"""After a failed answer: a proxy that refuses everything is not to be flooded."""


class Shape(msgspec.Struct, frozen=True):
    """The load: how many streams of which kind, and the window."""

    streams: int
    tokens: int
    gap_s: float
    seconds: float

    @property
    def answer_s(self) -> float:
        """How long one answer takes at the backend."""
        return self.tokens * self.gap_s

    def start_s(self, stream: int) -> float:
        """When a stream begins."""
        return stream / self.streams * self.answer_s + (stream * GOLDEN % 1.0) * self.gap_s


class Window:
    """Counts while it is open."""

    def __init__(self) -> None:
        self.open = False
        self.stop = False
        self.events = 0
        self.failed: dict[str, int] = {}
        self.first_ms: list[float] = []
        self.gap_ms: list[float] = []
        self.answers = 0

    def count(self, events: int) -> None:
        """Events that arrived just now."""
        if self.open:
            self.events += events

    def fail(self, why: str) -> None:
        """An answer that did not come whole, in the window or outside of it: a benchmark has none."""
        self.failed[why[:120]] = self.failed.get(why[:120], 0) + 1


def request(url: str, model: str, key: str) -> bytes:
    """The bytes that every stream sends."""
    parts = urlsplit(url)
    prompt = "Write a short report about how the plant ran today, please."
    body = msgspec.json.encode({"model": model, "stream": True, "messages": [{"role": "user", "content": prompt}]})
    head = (
        f"POST {parts.path} HTTP/1.1\r\nhost: {parts.netloc}\r\nauthorization: Bearer {key}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def stream(url: str, wire: bytes, begin_s: float, window: Window) -> None:
    """One user: an answer after the other until the window closes."""
    await asyncio.sleep(begin_s)
    parts = urlsplit(url)
    host, port = parts.hostname or "127.0.0.1", parts.port or 80
    client: Client | None = None
    while not window.stop:
        try:
            if client is None or client.transport.is_closing():
                _, client = await asyncio.get_running_loop().create_connection(lambda: Client(window.count), host, port)
            if not await one(client, wire, window):
                await asyncio.sleep(BACKOFF_S)
        except (OSError, TimeoutError, httptools.HttpParserError) as error:
            window.fail(f"{type(error).__name__}: {error}")
            client = None
            await asyncio.sleep(BACKOFF_S)
    if client:
        client.transport.close()


async def one(client: Client, wire: bytes, window: Window) -> bool:
    """One answer. Its first token counts when it was asked for in the window, its gaps when it also ended in it.

    Returns whether it came whole.
    """
    inside = window.open
    await asyncio.wait_for(client.ask(wire), PATIENCE_S)
    seen = client.seen
    if not seen.whole:
        window.fail(f"status {seen.status}, {seen.events} events, end mark: {seen.done}")
        return False
    if inside:
        window.answers += 1
        window.first_ms.append((seen.first - seen.asked) * 1e3)
        window.gap_ms += [(b - a) * 1e3 for a, b in itertools.pairwise(seen.arrivals)]
    return True


def tally(backend: str) -> Tally:
    """The backend's own count."""
    line = http.client.HTTPConnection(urlsplit(backend).netloc, timeout=5)
    try:
        line.request("GET", "/stats")
        return msgspec.json.decode(line.getresponse().read(), type=Tally)
    finally:
        line.close()


async def drive(url: str, backend: str, wire: bytes, shape: Shape, pid: int | None) -> Load:
    """Runs the load. Bounded: ramp, window, and the rest of the answers that are under way."""
    window = Window()
    async with asyncio.TaskGroup() as group:
        for number in range(shape.streams):
            group.create_task(stream(url, wire, shape.start_s(number), window))
        await asyncio.sleep(shape.answer_s + 1.0)
        before, sent = _cost(pid), tally(backend).tokens
        window.open = True
        await asyncio.sleep(shape.seconds)
        window.open, window.stop = False, True
        after, sent = _cost(pid), tally(backend).tokens - sent
    return Load(
        streams=shape.streams,
        tokens_per_s=round(sent / shape.seconds),
        answers=window.answers,
        failed=window.failed,
        cpu_us_token=round((after.cpu_ns - before.cpu_ns) / 1e3 / max(sent, 1), 2),
        cpu_share=round((after.cpu_ns - before.cpu_ns) / 1e9 / shape.seconds, 3),
        rss_mib=round(after.rss_kib / 1024, 1),
        events_per_token=round(window.events / max(sent, 1), 3),
        first_ms=Spread.of(window.first_ms),
        gap_ms=Spread.of(window.gap_ms),
    )


def _cost(pid: int | None) -> Cost:
    return read(pid) if pid else Cost(0, 0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("url", help="the proxy's /v1/chat/completions")
    parser.add_argument("--backend", required=True, help="where benchmarks.upstream listens: http://127.0.0.1:PORT")
    parser.add_argument("--pid", type=int, help="the proxy's process; its children are counted with it")
    parser.add_argument("--streams", type=int, default=100)
    parser.add_argument("--tokens", type=int, default=100, help="as the backend was started with")
    parser.add_argument("--gap-s", type=float, default=0.02, help="as the backend was started with")
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--model", default="bench")
    parser.add_argument("--key", default="bench")
    args = parser.parse_args()
    shape = Shape(args.streams, args.tokens, args.gap_s, args.seconds)
    wire = request(args.url, args.model, args.key)
    load = uvloop.run(drive(args.url, args.backend, wire, shape, args.pid))
    sys.stdout.write(msgspec.json.encode(load).decode() + "\n")


if __name__ == "__main__":
    main()
