"""`GET /v1/guard/usage`: a tenant's own usage. `GET /v1/guard/admin/usage`: everybody's, for administrators."""

import time
from collections.abc import Awaitable, Callable, Collection
from typing import Final
from urllib.parse import parse_qsl

import msgspec
import structlog
from litestar import asgi
from litestar.handlers import ASGIRouteHandler, HTTPRouteHandler
from litestar.types import Receive, Scope, Send
from ulid import ULID

from guard.dialects.openai_error import error_body
from guard.errors import GuardError, LedgerError, MethodNotAllowed, NotFound, RequestError
from guard.ingress.admin import admin_route
from guard.ingress.asgi import AsgiClient
from guard.ingress.openai import Door
from guard.metering.report.dimension import (
    MOST_FILTERS,
    NAMES,
    PUBLIC,
    Dimension,
    Filter,
    parse_dimensions,
    parse_filters,
)
from guard.metering.report.figures import UsageReport
from guard.metering.report.moment import moment_ms
from guard.metering.report.statement import Question
from guard.runtime.administration import Administration, Administrator
from guard.runtime.reply import JSON

_log: Final = structlog.get_logger("guard.usage")
QUERY_BYTES: Final = 8192
_ONCE: Final = ("by", "since", "until")
Ask = Callable[[Question, bool], Awaitable[UsageReport]]
"""Makes a report, with the energy file's figures or without."""


def usage_route(door: Door, ask: Ask | None) -> ASGIRouteHandler:
    """A tenant's route. `ask`: None where the ledger can't be read beside this process."""

    async def answer(scope: Scope) -> bytes:
        if scope.get("method") != "GET":
            raise MethodNotAllowed("This path takes GET only.")
        tenant = (await door.enter(scope, "usage")).identity.tenant
        asked = question_of(bytes(scope["query_string"]), PUBLIC, "model")
        own = msgspec.structs.replace(asked, where=(*asked.where, Filter(Dimension("tenant"), tenant)))
        try:
            return msgspec.json.encode(await _there(ask)(own, False))
        except LedgerError as error:
            # Where the ledger lies is the operator's business.
            _log.warning("usage_unavailable", why=error.message)
            raise LedgerError("The ledger can't be read now; try again later.") from None

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        client = AsgiClient(receive, send)
        try:
            status, body = 200, await answer(scope)
        except GuardError as error:
            status, body = error.status, error_body(error, str(ULID()))
        length = ("content-length", str(len(body)))
        await client.start(status, (JSON, length, ("cache-control", "no-store")))
        await client.write(body)
        await client.finish()

    return asgi("/v1/guard/usage", copy_scope=False)(serve)


def usage_admin_routes(door: Administration, ask: Ask | None) -> list[HTTPRouteHandler]:
    """The administrators' route."""

    async def shown(who: Administrator, _path: str, query: bytes) -> object:
        await door.permit(who, "usage.show", {})
        return await _there(ask)(question_of(query, NAMES, "tenant"), True)

    return [admin_route("GET", "/v1/guard/admin/usage", door, shown)]


def question_of(query: bytes, allowed: Collection[str], by: str) -> Question:
    """What a query string asks for; `by` if it does not say. Raises RequestError."""
    given = _members(query)
    once: dict[str, str] = {}
    for name, value in given:
        if name != "where" and (name not in _ONCE or name in once):
            raise RequestError("The query takes by, since and until, each once, and where.")
        once[name] = value
    now_ms = time.time_ns() // 1_000_000
    since, until = _moment(once.get("since", "30d"), now_ms), _moment(once.get("until", "0d"), now_ms)
    where = parse_filters([value for name, value in given if name == "where"], allowed)
    return Question(since, until, parse_dimensions(once.get("by", by), allowed), where)


def _members(query: bytes) -> list[tuple[str, str]]:
    try:
        if len(query) > QUERY_BYTES:
            raise ValueError
        most = MOST_FILTERS + len(_ONCE)
        return parse_qsl(query.decode("ascii"), keep_blank_values=True, max_num_fields=most, errors="strict")
    except ValueError:
        raise RequestError("The query is too long, or not percent-encoded UTF-8.") from None


def _moment(text: str, now_ms: int) -> int:
    try:
        return moment_ms(text, now_ms)
    except ValueError as error:
        raise RequestError(f"since and until: {error}.") from None


def _there(ask: Ask | None) -> Ask:
    if ask is None:
        raise NotFound("A ledger in memory can't be reported on: name a file or a server under ledger.")
    return ask
