"""A model server for measurements: OpenAI-compatible, loopback only, as cheap as it can be, so that it hides nothing.

    python -m benchmarks.upstream PORT [--tokens N] [--gap-s S] [--texts FILE]

`POST …/chat/completions` streams N tokens, one every S seconds on a timer of its own, then the finish, the usage when
`stream_options.include_usage` asks for it, and `[DONE]`; without `stream` it answers in one body. `GET /stats` tells
how many requests came and how many tokens went out. Tokens carry the space before their word, as most models' do; a
model whose name ends in `-after` sends whole words with the space after them. It trusts its client: it is for
measurements, not for strangers.
"""

import argparse
import asyncio
import time
from pathlib import Path

import httptools
import msgspec
import uvloop

from benchmarks.corpus import PROSE, tokens, words_after
from benchmarks.wire import HEAD, Ask, Script, chunked, closing, content, whole

MODELS = b'{"object":"list","data":[{"id":"bench","object":"model","created":0,"owned_by":"bench"}]}'


class Tally(msgspec.Struct):
    """What has happened so far. `dropped` counts streams whose client left."""

    requests: int = 0
    tokens: int = 0
    dropped: int = 0


class Backend:
    """What all connections share. Events are rendered once: what is measured is the proxy."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.tally = Tally()
        self._rendered: dict[str, tuple[bytes, ...]] = {}

    def events(self, model: str) -> tuple[bytes, ...]:
        """The pieces of the answer, ready to send."""
        if model not in self._rendered:
            self._rendered[model] = tuple(chunked(content(model, text)) for text in self.script.of(model))
        return self._rendered[model]


class Answer:
    """One streamed answer. Due times count from its start, so a late timer does not slow the stream down."""

    def __init__(self, backend: Backend, ask: Ask, transport: asyncio.Transport) -> None:
        self.backend, self.ask, self.transport = backend, ask, transport
        self.events = backend.events(ask.model)
        self.started = time.monotonic()
        self.sent = 0
        self.timer: asyncio.TimerHandle | None = None

    def step(self) -> None:
        """Sends the next token and sets the timer for the one after it."""
        script = self.backend.script
        self.transport.write(self.events[self.sent % len(self.events)])
        self.sent += 1
        self.backend.tally.tokens += 1
        wait_s = self.started + self.sent * script.gap_s - time.monotonic()
        act = self.step if self.sent < script.tokens else self.finish
        self.timer = asyncio.get_running_loop().call_later(max(wait_s, 0), act)

    def finish(self) -> None:
        """Ends the stream."""
        self.timer = None
        self.transport.write(chunked(closing(self.ask, self.sent)) + chunked(b""))

    def drop(self) -> None:
        """The client has left."""
        if self.timer:
            self.backend.tally.dropped += 1
            self.timer.cancel()


class Connection(asyncio.Protocol):
    """One connection, kept alive, one request at a time."""

    transport: asyncio.Transport

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.answer: Answer | None = None
        self.url, self.body = b"", b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]
        self.parser = httptools.HttpRequestParser(self)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.answer:
            self.answer.drop()

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_message_begin(self) -> None:
        self.url, self.body = b"", b""

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        if self.url.endswith(b"/chat/completions"):
            self._complete(msgspec.json.decode(self.body, type=Ask))
        elif self.url.endswith(b"/stats"):
            self._reply(msgspec.json.encode(self.backend.tally))
        else:  # the proxies' own questions: lists of models, health
            self._reply(MODELS)

    def _complete(self, ask: Ask) -> None:
        backend = self.backend
        backend.tally.requests += 1
        if not ask.stream:
            backend.tally.tokens += backend.script.tokens
            return self._reply(whole(ask, backend.script))
        self.transport.write(HEAD)
        self.answer = Answer(backend, ask, self.transport)
        return self.answer.step()

    def _reply(self, body: bytes) -> None:
        head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body)
        self.transport.write(head + body)


async def serve(port: int, script: Script) -> None:
    """Serves until it is killed."""
    backend = Backend(script)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(backend), "127.0.0.1", port, backlog=4096)
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("port", type=int)
    parser.add_argument("--tokens", type=int, default=100)
    parser.add_argument("--gap-s", type=float, default=0.02)
    parser.add_argument("--texts", type=Path, help="a JSON list of strings, used in a circle")
    args = parser.parse_args()
    texts, after = tokens(PROSE), words_after(PROSE)
    if args.texts:
        texts = after = msgspec.json.decode(args.texts.read_bytes(), type=tuple[str, ...])
    uvloop.run(serve(args.port, Script(texts, after, args.tokens, args.gap_s)))


if __name__ == "__main__":
    main()
