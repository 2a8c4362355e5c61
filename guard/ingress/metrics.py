"""`GET /metrics`: beside the API, and on a listener of its own, which serves nothing else.

The listener is a small server of its own in the same event loop, so that it can't reach the API and the API can't reach
it. Its heads have aiohttp's bounds (8 KiB a line), and it reads no bodies.
"""

import hmac
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import web
from litestar import asgi
from litestar.handlers import ASGIRouteHandler
from litestar.types import Receive, Scope, Send
from ulid import ULID

from guard.core.grant import METRICS
from guard.dialects.openai_error import error_body
from guard.errors import ConfigError, GuardError, MethodNotAllowed, Unauthorized
from guard.ingress.asgi import AsgiClient, headers_of
from guard.ingress.openai import Door
from guard.runtime.admission import credential_of
from guard.runtime.reply import JSON

PATH: Final = "/metrics"
_LAST_S: Final = 2.0
"""How long a scrape that is under way may hold up the end."""
Page = Callable[[str], Awaitable[tuple[bytes, str]]]
"""The page and its content type, for what a scraper accepts."""


def metrics_route(door: Door, token: str, page: Page) -> ASGIRouteHandler:
    """The route beside the API. `token`: a bearer token that reads it, beside keys; none if empty."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        client = AsgiClient(receive, send)
        try:
            if scope.get("method") != "GET":
                raise MethodNotAllowed("This path takes GET only.")
            headers = dict(headers_of(scope))
            await _enter(scope, headers.get("authorization", ""), door, token)
            body, content_type = await page(headers.get("accept", ""))
            status, head = 200, ("content-type", content_type)
        except GuardError as error:
            status, body, head = error.status, error_body(error, str(ULID())), JSON
        await client.start(status, (head, ("content-length", str(len(body)))))
        await client.write(body)
        await client.finish()

    return asgi(PATH, copy_scope=False)(serve)


async def _enter(scope: Scope, authorization: str, door: Door, token: str) -> None:
    """Lets the token pass, and keys of the scope. With a token nobody else may enter where no keys are asked for."""
    if token and _bears(authorization, token):
        return
    if token and door.admission.open:
        raise Unauthorized("This page needs the bearer token that metrics.token names.")
    await door.enter(scope, METRICS)


def _bears(authorization: str, token: str) -> bool:
    try:
        credential = credential_of(authorization)
    except Unauthorized:
        return False
    # aiohttp hands on bytes that are no UTF-8 as lone surrogates.
    return hmac.compare_digest(credential.encode("utf-8", "surrogateescape"), token.encode())


@asynccontextmanager
async def metrics_listener(host: str, port: int, token: str, page: Page) -> AsyncIterator[None]:
    """Listens until it is left. `token`: what is asked for; nothing if empty. Raises ConfigError."""

    async def serve(request: web.Request) -> web.Response:
        if token and not _bears(request.headers.get("authorization", ""), token):
            return web.Response(status=401, text="This page needs the bearer token that metrics.token names.\n")
        body, content_type = await page(request.headers.get("accept", ""))
        return web.Response(body=body, headers={"content-type": content_type})

    app = web.Application()
    app.router.add_get(PATH, serve)
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=_LAST_S)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            raise ConfigError(
                f"can't listen on {host}:{port} ({error.strerror}); choose another address under metrics.listen"
            ) from None
        yield
    finally:
        await runner.cleanup()
