"""Asks at random times, as independent users do, whether or not what was asked before is answered.

    python -m benchmarks.arrivals URL --rate R --seconds S --model NAME --words N --seed K

Poisson arrivals at R a second. Each prompt is N words of prose and a number of its own, so that nothing remembers it.
Prints what was asked when, relative to the first, and how long the first text and the end took, as JSON.
"""

import argparse
import asyncio
import random
import sys
import time
from urllib.parse import urlsplit

import httptools
import msgspec
import uvloop

from benchmarks.corpus import PROSE
from benchmarks.stream import Client

PATIENCE_S = 30.0
WORDS = PROSE.split()


class Answered(msgspec.Struct, frozen=True):
    """One exchange: when it was asked, in seconds since the run began, and what came how long after that."""

    at_s: float
    first_s: float
    total_s: float


class Driven(msgspec.Struct, frozen=True):
    """All of a run, in the order of asking. `failed` counts answers that did not come whole, by reason."""

    answered: tuple[Answered, ...]
    failed: dict[str, int]


class Driver:
    """Keeps connections that are free for the next one."""

    def __init__(self, url: str, model: str, words: int, draw: random.Random) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._path = parts.path
        self._model = model
        self._words = words
        self._draw = draw
        self._free: list[Client] = []
        self.answered: list[Answered] = []
        self.failed: dict[str, int] = {}

    def wire(self) -> bytes:
        """A request's bytes."""
        begin = self._draw.randrange(len(WORDS))
        said = " ".join(WORDS[(begin + number) % len(WORDS)] for number in range(self._words))
        prompt = f"Note {self._draw.randrange(10**8)}. {said}"
        body = msgspec.json.encode(
            {"model": self._model, "stream": True, "messages": [{"role": "user", "content": prompt}]}
        )
        head = (
            f"POST {self._path} HTTP/1.1\r\nhost: {self._host}:{self._port}\r\nauthorization: Bearer bench\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body

    async def ask(self, began: float) -> None:
        """One exchange."""
        wire = self.wire()
        asked = time.monotonic()
        try:
            client = await self._client()
            await asyncio.wait_for(client.ask(wire), PATIENCE_S)
        except (OSError, TimeoutError, httptools.HttpParserError) as error:
            self._fail(type(error).__name__)
            return
        seen = client.seen
        if not seen.whole:
            self._fail(f"status {seen.status}")
            client.transport.close()
            return
        self._free.append(client)
        self.answered.append(Answered(asked - began, seen.first - asked, seen.ended - asked))

    async def _client(self) -> Client:
        while self._free:
            client = self._free.pop()
            if not client.transport.is_closing():
                return client
        loop = asyncio.get_running_loop()
        _, client = await loop.create_connection(lambda: Client(lambda _: None), self._host, self._port)
        return client

    def _fail(self, why: str) -> None:
        self.failed[why] = self.failed.get(why, 0) + 1


async def drive(driver: Driver, rate: float, seconds: float, draw: random.Random) -> Driven:
    """Asks for so many seconds, and waits for what is under way."""
    began = due = time.monotonic()
    async with asyncio.TaskGroup() as group:
        while (due := due + draw.expovariate(rate)) < began + seconds:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            group.create_task(driver.ask(began))
    return Driven(tuple(sorted(driver.answered, key=lambda one: one.at_s)), driver.failed)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("url", help="the server's /v1/chat/completions")
    parser.add_argument("--rate", type=float, required=True)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--model", default="bench")
    parser.add_argument("--words", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    draw = random.Random(args.seed)
    driver = Driver(args.url, args.model, args.words, random.Random(args.seed + 1))
    driven = uvloop.run(drive(driver, args.rate, args.seconds, draw))
    sys.stdout.write(msgspec.json.encode(driven).decode() + "\n")


if __name__ == "__main__":
    main()
