"""A key's bounds hold at the routes: scope, network and model, before anything is read, routed or told."""

import hashlib
from ipaddress import ip_network

import httpx
import msgspec
import pytest
from litestar import Litestar

from guard.core.facts import Identity
from guard.core.grant import Bounds, Key
from guard.dialects import openai
from guard.dialects.openai_reader import Limits
from guard.ingress.error import HANDLERS
from guard.ingress.openai import Door, routes
from guard.runtime.admission import Admission
from guard.scan.engine import PatternEngine
from tests.ingress.service import failed
from tests.runtime.world import World

WHO = Identity("acme", "app1", "free")
HEAD = {"authorization": "Bearer sesame"}


async def asked(engine: PatternEngine, bounds: Bounds, path: str = "/v1/chat/completions") -> httpx.Response:
    """What a chat with the model `m` is answered. Nobody is called if it is refused: the backend has no script."""
    world = World(engine, [b"data: [DONE]\n\n"])
    door = Door(Admission((Key(hashlib.sha256(b"sesame").hexdigest(), WHO, bounds),), 8), 1 << 20)
    paths = (("/v1/chat/completions", openai.chat(Limits())), ("/v1/embeddings", openai.embeddings(Limits())))
    app = Litestar(
        route_handlers=list(routes(paths, door, world.parts)),
        exception_handlers=HANDLERS,
        openapi_config=None,
    )
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    body = msgspec.json.encode({"model": "m", "stream": True, "messages": [{"role": "user", "content": "hi"}]})
    async with httpx.AsyncClient(transport=transport, base_url="http://guard", timeout=60) as client:
        answer = await client.post(path, headers=HEAD, content=body)
    assert (len(world.backend.calls) > 0) is (answer.status_code == 200)
    return answer


@pytest.mark.parametrize(
    "bounds", [Bounds(), Bounds(("chat",), ("m*",), (ip_network("127.0.0.1/32"),), 1 << 52)], ids=["any", "fitting"]
)
async def test_within_its_bounds_a_key_is_served(engine: PatternEngine, bounds: Bounds) -> None:
    assert (await asked(engine, bounds)).status_code == 200


@pytest.mark.parametrize(
    ("bounds", "status", "code"),
    [
        (Bounds(models=("other", "M")), 403, "model_not_allowed"),
        (Bounds(scopes=("embeddings",)), 403, "scope_not_allowed"),
        (Bounds(networks=(ip_network("10.0.0.0/8"),)), 403, "network_not_allowed"),
        (Bounds(until_ms=1), 401, "key_expired"),
        (Bounds(revoked=True), 401, "key_revoked"),
    ],
)
async def test_beyond_them_it_is_told_why_not(engine: PatternEngine, bounds: Bounds, status: int, code: str) -> None:
    assert failed(await asked(engine, bounds))[:2] == (status, code)


async def test_embeddings_have_a_scope_of_their_own(engine: PatternEngine) -> None:
    answer = await asked(engine, Bounds(scopes=("chat",)), "/v1/embeddings")
    assert failed(answer)[1] == "scope_not_allowed"
