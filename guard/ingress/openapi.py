"""`GET /openapi.json`: the description of Guard's own APIs (OpenAPI 3.1); those it proxies have their vendors'."""

from typing import Any, Final

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from guard import __version__
from guard.core.approval_view import ApprovalView
from guard.core.energy_figures import EnergyFigures
from guard.core.key_record import FreshKey, KeyRecord
from guard.dialects.guard_admin import ApprovalList, ApprovalReason, DecisionState, PolicyState
from guard.dialects.guard_check import CheckRequest, CheckResponse
from guard.dialects.guard_keys import KeyList, KeyRequest, RotationRequest
from guard.dialects.openai_moderation import ModerationRequest, ModerationResponse
from guard.metering.report.dimension import PUBLIC
from guard.metering.report.figures import UsageReport

_TYPES: Final = (
    CheckRequest,
    CheckResponse,
    ModerationRequest,
    ModerationResponse,
    ApprovalList,
    ApprovalReason,
    ApprovalView,
    PolicyState,
    DecisionState,
    EnergyFigures,
    KeyList,
    KeyRequest,
    RotationRequest,
    FreshKey,
    KeyRecord,
    UsageReport,
)
_ADMIN_REFUSALS: Final = {
    "400": "The body does not fit.",
    "401": "The key is missing or no administrator's.",
    "403": "The policy does not allow this to the key.",
    "404": "No such approval or key here, or no administrators or no key store are configured.",
    "409": "The approval has another outcome already, or the key store holds something that this contradicts.",
    "503": "The policy gave no usable decision.",
}
_REFUSALS: Final = {
    "400": "The request does not fit.",
    "401": "The API key is missing or not known.",
    "404": "No classifier runs here that could answer.",
    "413": "The body is too large.",
    "429": "As many exchanges are under way as limits.exchanges allows.",
    "503": "An engine gave no verdict.",
}


def openapi_route() -> HTTPRouteHandler:
    """The route that serves the description."""
    encoded = msgspec.json.encode(description())

    @get("/openapi.json", sync_to_thread=False)
    def openapi() -> Response[bytes]:
        return Response(encoded, media_type="application/json")

    return openapi


def description() -> dict[str, Any]:
    """The whole document."""
    schemas, components = msgspec.json.schema_components(_TYPES, ref_template="#/components/schemas/{name}")
    check_request, check_response, moderation_request, moderation_response, *admin = schemas
    *admin, key_list, key_request, rotation, fresh, record, usage = admin
    return {
        "openapi": "3.1.0",
        "info": {"title": "Guard", "version": __version__, "description": "The engines as a service."},
        "security": [{"key": []}],
        "paths": {
            "/v1/guard/check": _post(
                "What Guard's engines find in texts, and what the policy does about it.", check_request, check_response
            ),
            "/v1/moderations": _post(
                "Whether texts are unsafe, in OpenAI's form.", moderation_request, moderation_response
            ),
            "/metrics": _metrics_path(),
            **_admin_paths(*admin),
            **_key_paths(key_list, key_request, rotation, fresh, record),
            **_usage_paths(usage),
        },
        "components": {"schemas": components, "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
    }


def _admin_paths(
    listed: object, reason: object, one: object, policy: object, decisions: object, energy: object
) -> dict[str, Any]:
    place, key = "/v1/guard/admin", "An administrator's key is asked for."
    named = {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "pattern": "^[0-9A-Z]{26}$"}}
    decided = {
        f"{place}/approvals/{{id}}/{word}": _answered(
            "post", f"{summary} {key}", one, {"parameters": [named], "requestBody": {"content": _json(reason)}}
        )
        for word, summary in (("approve", "Lets what waits go on."), ("deny", "Refuses what waits."))
    }
    return {
        f"{place}/approvals": _answered("get", f"What waits for approval. {key}", listed),
        **decided,
        f"{place}/policy": _answered("get", f"Which policies serve. {key}", policy),
        f"{place}/decisions": _answered("get", f"What becomes of decisions. {key}", decisions),
        f"{place}/energy": _answered("get", f"What was metered of energy since the start. {key}", energy),
        f"{place}/policy/reload": _answered("post", f"Looks for new policies now. {key}", policy),
    }


def _metrics_path() -> dict[str, Any]:
    answer = {"description": "The page.", "content": {"text/plain": {"schema": {"type": "string"}}}}
    refusals = {status: {"description": _REFUSALS[status]} for status in ("401",)}
    refusals["403"] = {"description": "The key has not the scope metrics."}
    summary = "What Guard counts, for Prometheus. It takes metrics.token, or a key of the scope metrics."
    return {"get": {"summary": summary, "responses": {"200": answer, **refusals}}}


def _key_paths(listed: object, wanted: object, rotation: object, fresh: object, record: object) -> dict[str, Any]:
    place, key = "/v1/guard/admin/keys", "An administrator's key is asked for."
    named = {"name": "name", "in": "path", "required": True, "schema": {"type": "string", "maxLength": 64}}
    order = {"requestBody": {"required": True, "content": _json(wanted)}}
    overlap = {"parameters": [named], "requestBody": {"content": _json(rotation)}}
    return {
        place: {
            **_answered("get", f"The keys of the key store, without the keys themselves. {key}", listed),
            **_answered("post", f"Makes a key; it is shown this once. {key}", fresh, order),
        },
        f"{place}/{{name}}/rotate": _answered("post", f"Makes a new key in a key's place. {key}", fresh, overlap),
        f"{place}/{{name}}/revoke": _answered("post", f"Ends a key for good. {key}", record, {"parameters": [named]}),
    }


def _usage_paths(report: object) -> dict[str, Any]:
    asked = {
        "by": f"What lines are for, with commas between: {', '.join(PUBLIC)}, label:NAME; administrators also backend.",
        "since": "From when on: 7d, 12h, 30m ago, or an ISO 8601 date; 30d if absent.",
        "until": "Up to and without this moment; now if absent.",
        "where": "NAME=VALUE of a dimension; several times: all must hold.",
    }
    texts = {name: {"name": name, "in": "query", "description": text} for name, text in asked.items()}
    kinds: dict[str, Any] = {name: {"type": "string"} for name in asked}
    kinds["where"] = {"type": "array", "items": {"type": "string"}}
    query = {"parameters": [{**texts[name], "schema": kinds[name]} for name in asked]}
    admin = "What was used, by all tenants. An administrator's key is asked for."
    return {
        "/v1/guard/usage": _answered("get", "What the caller's tenant used.", report, query),
        "/v1/guard/admin/usage": _answered("get", admin, report, query),
    }


def _answered(method: str, summary: str, response: object, more: dict[str, Any] | None = None) -> dict[str, Any]:
    answers = {"200": {"description": "Done.", "content": _json(response)}}
    refusals = {status: {"description": text} for status, text in _ADMIN_REFUSALS.items()}
    return {method: {"summary": summary, "responses": {**answers, **refusals}, **(more or {})}}


def _post(summary: str, request: object, response: object) -> dict[str, Any]:
    answers = {"200": {"description": "The results, in the order of the input.", "content": _json(response)}}
    refusals = {status: {"description": text} for status, text in _REFUSALS.items()}
    body = {"required": True, "content": _json(request)}
    return {"post": {"summary": summary, "requestBody": body, "responses": {**answers, **refusals}}}


def _json(schema: object) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}
