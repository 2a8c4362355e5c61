"""`GET /v1/guard/admin/decisions`: what becomes of decisions, and in what a candidate would have decided otherwise."""

from collections.abc import Callable, Sequence

from litestar.handlers import HTTPRouteHandler

from guard.core.audit_figures import WriterFigures
from guard.core.shadow import ShadowFigures
from guard.dialects.guard_admin import DecisionState
from guard.ingress.admin import admin_route
from guard.runtime.administration import Administration, Administrator


def decision_routes(
    door: Administration,
    places: Callable[[], Sequence[WriterFigures]],
    shadow: Callable[[], ShadowFigures] | None = None,
) -> list[HTTPRouteHandler]:
    """The route. `shadow`: the candidate's figures, where there is one."""

    async def shown(who: Administrator, _path: str, _body: bytes) -> object:
        await door.permit(who, "decisions.show", {})
        return DecisionState(tuple(places()), shadow() if shadow is not None else None)

    return [admin_route("GET", "/v1/guard/admin/decisions", door, shown)]
