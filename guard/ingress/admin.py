"""`/v1/guard/admin/…`: approvals and policies, for administrators' keys alone.

Each act is decided by `data.guard.admin`. These routes take no place among exchanges: they must work when those are
many.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Literal

import msgspec
from litestar import Request, Response, route
from litestar.handlers import HTTPRouteHandler

from guard.core.approval import ApprovalEvent, ApprovalState
from guard.core.approval_view import view
from guard.core.policy_status import PolicyStatus
from guard.core.server_figures import ServerFigures
from guard.dialects.guard_admin import ApprovalList, PolicyState, decode_reason
from guard.errors import NotFound
from guard.ingress.asgi import address_of, headers_of, read_body
from guard.metering.key.form import is_name
from guard.ports import ServedPolicies
from guard.runtime.administration import Administration, Administrator
from guard.runtime.approval import ApprovalRoom

BODY_BYTES: Final = 4096
_BODY_S: Final = 10.0
_ULID: Final = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")
Act = Callable[[Administrator, str, bytes], Awaitable[object]]
"""Does what is asked: for whom, with which last part of the path, with which body (of a GET: its query); gives what is
answered as JSON."""
Figures = Callable[[], Mapping[str, int]]


def approval_routes(door: Administration, room: ApprovalRoom, webhook: Figures | None) -> list[HTTPRouteHandler]:
    """What waits, and the answers to it. `webhook` tells what became of events."""

    async def listed(who: Administrator, _path: str, _body: bytes) -> object:
        await door.permit(who, "approval.list", {})
        waiting = tuple(view(event) for event in room.waiting())
        return ApprovalList(waiting, room.figures(), webhook() if webhook is not None else None)

    def decided(state: Literal[ApprovalState.APPROVED, ApprovalState.DENIED], action: str) -> Act:
        async def act(who: Administrator, path: str, body: bytes) -> object:
            found = room.find(path)
            await door.permit(who, action, _resource(found))
            return view(room.decide(path, state, who.identity.key, decode_reason(body).reason))

        return act

    place = "/v1/guard/admin/approvals"
    return [
        admin_route("GET", place, door, listed),
        admin_route(
            "POST", f"{place}/{{approval:str}}/approve", door, decided(ApprovalState.APPROVED, "approval.approve")
        ),
        admin_route("POST", f"{place}/{{approval:str}}/deny", door, decided(ApprovalState.DENIED, "approval.deny")),
    ]


def policy_routes(
    door: Administration, policies: ServedPolicies, server: Callable[[], ServerFigures] | None = None
) -> list[HTTPRouteHandler]:
    """What policies serve, and the command to look for new ones. `server` tells what asking an OPA server is like."""

    def state(status: PolicyStatus, who: Administrator) -> PolicyState:
        points = tuple(sorted(policies.engine(who.identity).points))
        told = msgspec.structs.asdict(status)
        return PolicyState(**told, points=points, server=server() if server is not None else None)

    async def shown(who: Administrator, _path: str, _body: bytes) -> object:
        await door.permit(who, "policy.show", {})
        return state(policies.status(), who)

    async def reloaded(who: Administrator, _path: str, _body: bytes) -> object:
        await door.permit(who, "policy.reload", {})
        return state(await policies.reload(), who)

    place = "/v1/guard/admin/policy"
    return [admin_route("GET", place, door, shown), admin_route("POST", f"{place}/reload", door, reloaded)]


def admin_route(method: Literal["GET", "POST"], path: str, door: Administration, act: Act) -> HTTPRouteHandler:
    """A route for administrators alone."""

    async def serve(request: Request[Any, Any, Any]) -> Response[bytes]:
        authorization = dict(headers_of(request.scope)).get("authorization", "")
        who = door.enter(authorization, address_of(request.scope))
        body = await read_body(request.receive, BODY_BYTES, _BODY_S) if method == "POST" else _query(request)
        answer = msgspec.json.encode(await act(who, _named(request), body))
        return Response(answer, status_code=200, media_type="application/json", headers={"cache-control": "no-store"})

    return route(path, http_method=method, name=f"{method} {path}")(serve)


def _query(request: Request[Any, Any, Any]) -> bytes:
    return bytes(request.scope["query_string"])


def _named(request: Request[Any, Any, Any]) -> str:
    """The approval or the key that a path names, empty if it names none. Raises NotFound for what can't be one."""
    if (key := request.path_params.get("key")) is not None:
        if not is_name(str(key)):
            raise NotFound("This is no key's name: `guard key list` shows those that there are.")
        return str(key)
    name = str(request.path_params.get("approval", ""))
    if name and not _ULID.fullmatch(name):
        raise NotFound("An approval's id is a ULID, 26 letters and digits: `guard approvals` lists those that wait.")
    return name


def _resource(event: ApprovalEvent) -> Mapping[str, str]:
    """What the policy learns of an approval."""
    question, who = event.question, event.question.identity
    return {
        "id": question.id,
        "point": question.point,
        "tenant": who.tenant,
        "key": who.key,
        "tier": who.tier,
        "model": question.model,
        "tool": question.tool,
    }
