"""OpenAI's API family: `/v1/chat/completions`, `/v1/completions`, `/v1/embeddings`, `/v1/models`."""

from collections.abc import Awaitable, Callable, Sequence

from litestar import asgi
from litestar.handlers import ASGIRouteHandler
from litestar.types import Receive, Scope, Send
from ulid import ULID

from guard.core.grant import Grant
from guard.errors import GuardError, MethodNotAllowed
from guard.ingress.asgi import AsgiClient, address_of, headers_of, read_body
from guard.ports import Dialect, Tiers
from guard.runtime.admission import Admission
from guard.runtime.catalogue import Catalogue
from guard.runtime.parts import Call, Parts
from guard.runtime.pump import Exchange
from guard.runtime.reply import Reply

Handler = Callable[[Scope, Receive, Send], Awaitable[None]]


class Door:
    """What stands before every route: method, key, place, body."""

    def __init__(self, admission: Admission, body_bytes: int) -> None:
        self.admission = admission
        self.body_bytes = body_bytes

    async def enter(self, scope: Scope, wanted: str = "") -> Grant:
        """What the caller's credential grants; `wanted` is the scope that it needs. See `Admission.identify`."""
        authorization = dict(headers_of(scope)).get("authorization", "")
        return await self.admission.identify(authorization, address_of(scope), wanted)


def route(path: str, dialect: Dialect, door: Door, parts: Parts) -> ASGIRouteHandler:
    """A POST route that serves exchanges in one dialect. The path below the backend's base URL is what follows /v1."""
    wanted = "embeddings" if path == "/v1/embeddings" else "chat"

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        client = AsgiClient(receive, send)
        try:
            headers = _enter(scope, "POST")
            grant = await door.enter(scope, wanted)
            body = await read_body(receive, door.body_bytes)
            with door.admission.place():
                models = grant.bounds.models
                call = Call(dialect, path.removeprefix("/v1"), grant.identity, headers, body, address_of(scope), models)
                await Exchange(parts, call, client).run()
        except GuardError as error:
            await _refuse(client, dialect, error)

    return asgi(path, copy_scope=False)(serve)


def models_route(dialect: Dialect, door: Door, catalogue: Catalogue, tiers: Tiers) -> ASGIRouteHandler:
    """`GET /v1/models`: what the backends serve, and the caller's key and tier have."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        client = AsgiClient(receive, send)
        try:
            _enter(scope, "GET")
            grant = await door.enter(scope)
            tier = tiers.of(grant.identity)
            with door.admission.place():
                reply = Reply(client, dialect, str(ULID()))
                reply.decision = "allow"
                await reply.body(200, await catalogue.models(lambda name: grant.allows(name) and tier.serves(name)))
        except GuardError as error:
            await _refuse(client, dialect, error)

    return asgi("/v1/models", copy_scope=False)(serve)


def _enter(scope: Scope, method: str) -> tuple[tuple[str, str], ...]:
    if scope.get("method") != method:
        raise MethodNotAllowed(f"This path takes {method} only.")
    return headers_of(scope)


async def _refuse(client: AsgiClient, dialect: Dialect, error: GuardError) -> None:
    """An error before there was an exchange."""
    await Reply(client, dialect, str(ULID())).fail(error, None)


def routes(paths: Sequence[tuple[str, Dialect]], door: Door, parts: Parts) -> list[ASGIRouteHandler]:
    """A route for each (path, dialect)."""
    return [route(path, dialect, door, parts) for path, dialect in paths]
