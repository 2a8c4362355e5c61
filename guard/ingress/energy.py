"""`GET /v1/guard/admin/energy`: what was metered of energy since the start."""

from collections.abc import Callable

from litestar.handlers import HTTPRouteHandler

from guard.core.energy_figures import EnergyFigures
from guard.errors import NotFound
from guard.ingress.admin import admin_route
from guard.runtime.administration import Administration, Administrator


def energy_routes(door: Administration, figures: Callable[[], EnergyFigures] | None) -> list[HTTPRouteHandler]:
    """The route. `figures`: None where energy is not metered."""

    async def shown(who: Administrator, _path: str, _body: bytes) -> object:
        await door.permit(who, "energy.show", {})
        if figures is None:
            raise NotFound("No energy is metered here: energy.pools names what is.")
        return figures()

    return [admin_route("GET", "/v1/guard/admin/energy", door, shown)]
