"""Guard with an identity provider, as a whole: a token's claims are whom the ledger accounts to."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from guard.app import build_app
from guard.config import InferenceSettings, JwtSettings, Settings, demo_settings
from guard.config.identity import IdentitySettings
from guard.config.tier import TierSettings
from guard.metering.ledger.reader import LedgerReader
from tests.metering.key.test_token import AUDIENCE, ISSUER, OTHER_RSA, Server, issuing, signed

POLICIES = Path(__file__).parents[1] / "policies"
REQUEST = {"model": "m", "messages": [{"role": "user", "content": "hello"}]}
UNREACHABLE = 502
"""The backend is away: whoever gets this was let in."""
CASES: list[tuple[str, dict[str, Any], int, str]] = [
    ("a sound token", {}, UNREACHABLE, "backend_unreachable"),
    ("another tier", {"plan": "gold"}, UNREACHABLE, "backend_unreachable"),
    ("no tenant", {"org": None}, 401, "invalid_token"),
    ("another audience", {"aud": "elsewhere"}, 401, "invalid_token"),
    ("another issuer's key", {"key": OTHER_RSA}, 401, "invalid_token"),
    ("a token of long ago", {"exp": 1_000_000_000}, 401, "token_expired"),
    ("a tier that is not configured", {"plan": "none"}, 403, "policy_denied"),
]


@pytest.fixture
async def issuer() -> AsyncIterator[Server]:
    async with issuing() as served:
        yield served


def settings_for(server: Server, url: str) -> Settings:
    trusted = JwtSettings(
        issuer=ISSUER, audience=AUDIENCE, jwks_url=server.url, tenant_claim="org",
        tier_claim="plan", scopes=("chat",),
    )  # fmt: skip
    return msgspec.structs.replace(
        demo_settings("http://127.0.0.1:9/v1", POLICIES),
        ledger=url,
        identity=IdentitySettings(jwt=(trusted,)),
        tiers={"mid": TierSettings(), "gold": TierSettings()},
        inference=InferenceSettings(classifiers=()),
    )


async def test_a_token_is_taken_in_place_of_a_key_and_its_claims_are_accounted_to(
    issuer: Server, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/guard.db"
    app = build_app(settings_for(issuer, url))
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    said = []
    async with app.lifespan(), httpx.AsyncClient(transport=transport, base_url="http://guard") as client:
        for _, changes, *_ in CASES:
            headers = {"authorization": f"Bearer {signed(**changes)}"}
            answer = await client.post("/v1/chat/completions", json=REQUEST, headers=headers)
            said.append((answer.status_code, answer.json()["error"]["code"]))
        bare = await client.post("/v1/chat/completions", json=REQUEST)
        embedding = await client.post("/v1/embeddings", json={"model": "m", "input": "x"}, headers=headers_of())
    reader = LedgerReader(url)
    entries = {(row["tenant"], row["key"], row["tier"]) for row in reader.tail(100)}
    reader.close()

    assert said == [(status, code) for _, _, status, code in CASES]
    assert bare.status_code == 401
    assert (embedding.status_code, embedding.json()["error"]["code"]) == (403, "scope_not_allowed")
    assert entries >= {("acme", "app7", "mid"), ("acme", "app7", "gold")}


def headers_of() -> dict[str, str]:
    return {"authorization": f"Bearer {signed()}"}
