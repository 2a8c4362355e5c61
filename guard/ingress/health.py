"""`GET /healthz`: the process serves. `GET /readyz`: it can do its work, the ledger's included, and by which policies.

Policies that were refused make nobody unready: the last good ones serve. Why they were is told to administrators.
"""

from collections.abc import Callable

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from guard.core.policy_status import PolicyStatus


def health_routes(
    problems: Callable[[], tuple[str, ...]], policies: Callable[[], PolicyStatus]
) -> list[HTTPRouteHandler]:
    """`problems` names what does not work now; nothing when all is well.

    `policies` tells what serves.
    """

    @get("/healthz", sync_to_thread=False)
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @get("/readyz", sync_to_thread=False)
    def readyz() -> Response[dict[str, list[str] | str | dict[str, str]]]:
        found, serving = problems(), policies()
        policy = {"generation": serving.generation, "revision": serving.revision}
        status = "unready" if found else "ok"
        return Response(
            {"status": status, "problems": list(found), "policy": policy}, status_code=503 if found else 200
        )

    return [healthz, readyz]
