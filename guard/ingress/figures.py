"""`GET /v1/guard/models`: what serves each model, and what its runs are like since the start."""

import msgspec
from litestar import asgi
from litestar.handlers import ASGIRouteHandler
from litestar.types import Receive, Scope, Send
from ulid import ULID

from guard.dialects.openai_error import error_body
from guard.errors import GuardError, MethodNotAllowed
from guard.ingress.asgi import AsgiClient
from guard.ingress.openai import Door
from guard.runtime.model_figures import ModelGauge
from guard.runtime.reply import JSON


def figures_route(door: Door, gauge: ModelGauge) -> ASGIRouteHandler:
    """The route. A key is asked for where keys are configured."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        client = AsgiClient(receive, send)
        try:
            if scope.get("method") != "GET":
                raise MethodNotAllowed("This path takes GET only.")
            await door.enter(scope)
            status, body = 200, msgspec.json.encode({"models": gauge.figures()})
        except GuardError as error:
            status, body = error.status, error_body(error, str(ULID()))
        await client.start(status, (JSON, ("content-length", str(len(body)))))
        await client.write(body)
        await client.finish()

    return asgi("/v1/guard/models", copy_scope=False)(serve)
