"""`GET /v1/models` lists what the caller may use, and changes nothing where that is everything."""

import hashlib
from collections.abc import Sequence

import httpx
import pytest
from litestar import Litestar

from guard.core.call import BackendCall
from guard.core.facts import Identity
from guard.core.grant import Bounds, Key
from guard.core.tier import Tier
from guard.dialects import openai
from guard.dialects.openai_reader import Limits
from guard.ingress.error import HANDLERS
from guard.ingress.openai import Door, models_route
from guard.metering.tier.book import TierBook
from guard.runtime.admission import Admission
from guard.runtime.catalogue import Catalogue
from guard.scan.engine import PatternEngine

ONE = b'{"object": "list", "data": [{"id": "small-1", "x": 1.50}, {"id":"big-1"}]}'
OTHER = b'{"object":"list","data":[{"id":"big-2"}]}'
TIERS = TierBook([Tier("premium"), Tier("free", models=("small-*",))])
LIMITS = Limits(1 << 20, 1 << 20, 32)


class Listing:
    """A backend's answer."""

    status = 200
    headers = {"content-type": "application/json"}

    def __init__(self, body: bytes) -> None:
        self._parts = [body, b""]

    async def read(self) -> bytes:
        return self._parts.pop(0)

    def close(self) -> None:
        """Nothing is open."""


class Shelf:
    """A backend that lists its models."""

    name, kind, idle_s, modalities = "shelf", "openai", 5.0, ("text",)

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def call(self, call: BackendCall) -> Listing:
        return Listing(self._body)


async def listed(
    engine: PatternEngine, bodies: Sequence[bytes], tier: str, models: tuple[str, ...] = ("*",)
) -> httpx.Response:
    key = Key(hashlib.sha256(b"sk").hexdigest(), Identity("acme", "app", tier), Bounds(models=models))
    dialect = openai.embeddings(LIMITS)
    catalogue = Catalogue([Shelf(body) for body in bodies], dialect, engine)
    app = Litestar(
        route_handlers=[models_route(dialect, Door(Admission((key,), 8), 1 << 16), catalogue, TIERS)],
        exception_handlers=HANDLERS,
        openapi_config=None,
    )
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://guard") as client:
        return await client.get("/v1/models", headers={"authorization": "Bearer sk"})


async def test_where_all_may_be_used_the_backends_bytes_pass(engine: PatternEngine) -> None:
    assert (await listed(engine, [ONE], "premium")).content == ONE


@pytest.mark.parametrize(
    ("tier", "models", "seen"),
    [
        ("premium", ("*",), ["small-1", "big-1", "big-2"]),
        ("premium", ("big-*",), ["big-1", "big-2"]),
        ("free", ("*",), ["small-1"]),
        ("free", ("big-*",), []),
        ("premium", ("small-1", "big-2"), ["small-1", "big-2"]),
    ],
)
async def test_only_what_the_key_and_the_tier_have_is_listed(
    engine: PatternEngine, tier: str, models: tuple[str, ...], seen: list[str]
) -> None:
    answer = await listed(engine, [ONE, OTHER], tier, models)
    assert [model["id"] for model in answer.json()["data"]] == seen


async def test_a_tier_that_is_not_configured_sees_nothing(engine: PatternEngine) -> None:
    assert (await listed(engine, [ONE], "unknown")).status_code == 403
