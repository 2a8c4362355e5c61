"""`GET /healthz`: the process serves. `GET /readyz`: it can do its work, the ledger's included."""

from collections.abc import Callable

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler


def health_routes(problems: Callable[[], tuple[str, ...]]) -> list[HTTPRouteHandler]:
    """`problems` names what does not work now; nothing when all is well."""

    @get("/healthz", sync_to_thread=False)
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @get("/readyz", sync_to_thread=False)
    def readyz() -> Response[dict[str, list[str] | str]]:
        found = problems()
        status = "unready" if found else "ok"
        return Response({"status": status, "problems": list(found)}, status_code=503 if found else 200)

    return [healthz, readyz]
