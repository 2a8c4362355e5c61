"""The demo backend as an ASGI application: reads a request, writes the answer piece by piece with a small gap.

It must be bound to a loopback address only: it asks for no key. Run it with
`uvicorn --factory guard.demo.backend:create_app --port 9001`.
"""

import asyncio
import itertools
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from typing import Any, Final

import msgspec

from guard.demo import wire
from guard.demo.request import ChatRequest, EmbeddingRequest, TextRequest

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

MODELS: Final = ("demo",)
_BODY_BYTES: Final = 16 * 1024 * 1024
_JSON: Final = b"application/json"
_SSE: Final = b"text/event-stream; charset=utf-8"


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """The demo backend with its usual gap, for servers that take an application and no factory."""
    await create_app()(scope, receive, send)


def create_app(gap_s: float = 0.03) -> "DemoBackend":
    """A demo backend. `gap_s` is the pause between two pieces of a stream, in seconds."""
    return DemoBackend(gap_s)


class DemoBackend:
    """The ASGI application."""

    def __init__(self, gap_s: float) -> None:
        self._gap_s = gap_s
        self._routes: Final[dict[tuple[str, str], Callable[[_Exchange], Awaitable[None]]]] = {
            ("POST", "/v1/chat/completions"): _chat,
            ("POST", "/v1/completions"): _completions,
            ("POST", "/v1/embeddings"): _embeddings,
            ("GET", "/v1/models"): _models,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        exchange = _Exchange(receive, send, self._gap_s)
        route = self._routes.get((scope["method"], scope["path"]))
        if route is None:
            await exchange.json(wire.error("no such path here; the API begins at /v1", "not_found"), 404)
            return
        try:
            await exchange.read()
            await route(exchange)
        except msgspec.MsgspecError:
            await exchange.json(wire.error("the body is not a request of this API", "invalid_body"), 400)


class _Exchange:
    """One request and the writing of its answer."""

    def __init__(self, receive: Receive, send: Send, gap_s: float) -> None:
        self.body = b""
        self._receive, self._send, self._gap_s = receive, send, gap_s

    async def read(self) -> None:
        """Reads the body; a body past the bound is cut and so fails to parse."""
        more = True
        while more and len(self.body) <= _BODY_BYTES:
            message = await self._receive()
            self.body += message.get("body", b"")
            more = message.get("more_body", False)

    async def json(self, value: wire.Json, status: int = 200) -> None:
        """Answers in one body."""
        await self._head(status, _JSON)
        await self._send({"type": "http.response.body", "body": msgspec.json.encode(value)})

    async def events(self, values: Iterator[wire.Json]) -> None:
        """Streams server-sent events and the end mark; stops when the client has gone."""
        await self._head(200, _SSE)
        gone = asyncio.ensure_future(self._receive())
        try:
            for value in values:
                await self._event(msgspec.json.encode(value))
                await asyncio.wait({gone}, timeout=self._gap_s)
                if gone.done():
                    return
            await self._event(b"[DONE]")
            await self._send({"type": "http.response.body", "body": b""})
        finally:
            gone.cancel()

    async def _event(self, data: bytes) -> None:
        await self._send({"type": "http.response.body", "body": b"data: " + data + b"\n\n", "more_body": True})

    async def _head(self, status: int, content_type: bytes) -> None:
        headers = [(b"content-type", content_type)]
        await self._send({"type": "http.response.start", "status": status, "headers": headers})


async def _chat(exchange: _Exchange) -> None:
    request = msgspec.json.decode(exchange.body, type=ChatRequest)
    made = wire.draft(request)
    envelope = _envelope("chatcmpl", "chat.completion", request)
    if request.stream:
        deltas: list[wire.Json] = [{"delta": delta, "finish_reason": None} for delta in wire.chat_deltas(made)]
        await exchange.events(_chunks(envelope, request, made, [*deltas, {"delta": {}, "finish_reason": made.finish}]))
        return
    choices = [wire.chat_choice(made, index) for index in range(request.n)]
    await exchange.json({**envelope, "choices": choices, "usage": wire.usage(request, made)})


async def _completions(exchange: _Exchange) -> None:
    request = msgspec.json.decode(exchange.body, type=TextRequest)
    made = wire.draft(request)
    envelope = _envelope("cmpl", "text_completion", request)
    if request.stream:
        pieces: list[wire.Json] = [{"text": text, "finish_reason": None} for _, text in made.pieces]
        await exchange.events(_chunks(envelope, request, made, [*pieces, {"text": "", "finish_reason": made.finish}]))
        return
    whole = {"text": made.text("content"), "finish_reason": made.finish}
    choices = [{"index": index, **whole} for index in range(request.n)]
    await exchange.json({**envelope, "choices": choices, "usage": wire.usage(request, made)})


async def _embeddings(exchange: _Exchange) -> None:
    await exchange.json(wire.embeddings(msgspec.json.decode(exchange.body, type=EmbeddingRequest)))


async def _models(exchange: _Exchange) -> None:
    models = [{"id": name, "object": "model", "created": 0, "owned_by": "demo"} for name in MODELS]
    await exchange.json({"object": "list", "data": models})


def _envelope(prefix: str, kind: str, request: ChatRequest | TextRequest) -> wire.Json:
    chunk = ".chunk" if request.stream and kind == "chat.completion" else ""
    return {
        "id": f"{prefix}-{uuid.uuid4().hex}",
        "object": kind + chunk,
        "created": int(time.time()),
        "model": request.model,
    }


def _chunks(
    envelope: wire.Json, request: ChatRequest | TextRequest, made: wire.Draft, steps: list[wire.Json]
) -> Iterator[wire.Json]:
    """Each step for every choice in turn, then the usage if it is asked for."""
    for step, index in itertools.product(steps, range(request.n)):
        yield {**envelope, "choices": [{"index": index, **step}]}
    if request.wants_usage:
        yield {**envelope, "choices": [], "usage": wire.usage(request, made)}
