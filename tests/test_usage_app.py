"""Guard as a whole: what a tenant asks for is in its usage, priced, and in nobody else's."""

import asyncio
import hashlib
import json
from pathlib import Path
from typing import Any

import httpx
import msgspec

from guard.app import build_app
from guard.config import InferenceSettings, KeySettings, demo_settings
from guard.config.approval import AdminKeySettings, AdminSettings
from tests.e2e.scripted import ScriptedBackend
from tests.test_energy_app import ANSWER, HEAD, REQUEST

POLICIES = Path(__file__).parents[1] / "policies"


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def bearer(secret: str) -> dict[str, str]:
    return {"authorization": f"Bearer {secret}"}


async def told(client: httpx.AsyncClient, path: str, secret: str, least: int) -> dict[str, Any]:
    """The usage, as soon as the ledger has so many exchanges."""
    async with asyncio.timeout(60):
        while True:
            answer = await client.get(path, headers=bearer(secret), params={"since": "1d", "by": "tenant,model"})
            found: dict[str, Any] = answer.json()
            if answer.status_code == 200 and found["total"]["exchanges"] >= least:
                return found


async def test_what_was_asked_is_in_its_tenants_usage(tmp_path: Path) -> None:
    (tmp_path / "prices.yaml").write_text("version: v\nprices: [{prompt: 1, answer: 2}]\n")
    backend = ScriptedBackend()
    backend.start()
    backend.play(HEAD + ANSWER)
    settings = msgspec.structs.replace(
        demo_settings(f"http://127.0.0.1:{backend.port}/v1", POLICIES),
        ledger=f"sqlite:///{tmp_path}/guard.db",
        ledger_flush_ms=1,
        prices=str(tmp_path / "prices.yaml"),
        inference=InferenceSettings(classifiers=()),
        keys=(KeySettings("a", digest("a"), tenant="acme"), KeySettings("b", digest("b"), tenant="other")),
        admin=AdminSettings((AdminKeySettings("root", digest("root")),)),
    )
    app = build_app(settings)
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    try:
        async with app.lifespan(), httpx.AsyncClient(transport=transport, base_url="http://guard") as client:
            answer = await client.post("/v1/chat/completions", json=REQUEST, headers=bearer("a"))
            assert answer.status_code == 200
            everybody = await told(client, "/v1/guard/admin/usage", "root", 1)
            own = await told(client, "/v1/guard/usage", "a", 1)
            others = await told(client, "/v1/guard/usage", "b", 0)
            refused = await client.get("/v1/guard/admin/usage", headers=bearer("a"))
    finally:
        backend.stop()
    usage = json.loads(ANSWER)["usage"]
    for report in (everybody, own):
        (line,) = report["lines"]
        assert line["key"] == {"tenant": "acme", "model": "m"}
        assert (line["prompt_tokens"], line["completion_tokens"]) == (
            usage["prompt_tokens"],
            usage["completion_tokens"],
        )
        assert line["cost_nanousd"] == 10 * 1_000 + 90 * 2_000
    assert (others["lines"], others["total"]["exchanges"]) == ([], 0)
    assert refused.status_code == 401
