"""One client connection that asks for streamed answers and notes when what arrived. It does not judge the text."""

import asyncio
import re
import time
from collections.abc import Callable

import httptools
import msgspec

TEXT = re.compile(rb'"content": ?"[^"]')
"""An event with text in it: some proxies send empty deltas while they hold the text back."""


class Seen(msgspec.Struct):
    """What one answer looked like from outside. Times are `time.monotonic()` seconds.

    `first` is when the first text came; `arrivals` has one entry for each read that brought an event.
    """

    asked: float
    first: float = 0.0
    arrivals: list[float] = []
    events: int = 0
    done: bool = False
    status: int = 0
    ended: float = 0.0

    @property
    def whole(self) -> bool:
        """Status 200, some text, and the end mark."""
        return self.status == 200 and self.done and self.first > 0


class Client(asyncio.Protocol):
    """Keeps one connection alive. `on_events` is told how many events each read brought."""

    transport: asyncio.Transport

    def __init__(self, on_events: Callable[[int], None]) -> None:
        self.on_events = on_events
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.seen = Seen(0.0)
        self.tail = b""

    def ask(self, request: bytes) -> asyncio.Future[None]:
        """Sends a request; the future resolves when its answer ended, and fails when the connection did."""
        self.parser = httptools.HttpResponseParser(self)
        self.ended = asyncio.get_running_loop().create_future()
        self.tail = b""
        self.seen = Seen(time.monotonic())
        self.transport.write(request)
        return self.ended

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(error)

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(exc or ConnectionError("the proxy closed the connection"))

    def on_body(self, body: bytes) -> None:
        text = self.tail + body
        events = text.count(b"\n\n") - self.tail.count(b"\n\n")
        if events:
            self.seen.arrivals.append(time.monotonic())
            self.seen.events += events
            self.on_events(events)
        if not self.seen.first and TEXT.search(text):
            self.seen.first = time.monotonic()
        self.tail = text[-32:]

    def on_message_complete(self) -> None:
        self.seen.ended = time.monotonic()
        self.seen.status = self.parser.get_status_code()
        self.seen.done = b"data: [DONE]\n" in self.tail
        if not self.ended.done():
            self.ended.set_result(None)

    def _fail(self, error: Exception) -> None:
        if not self.ended.done():
            self.ended.set_exception(error)
