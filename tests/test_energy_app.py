"""Guard with energy in its configuration, as a whole: the ledger has what an exchange took, administrators the sums."""

import asyncio
import contextlib
import hashlib
import json
import sqlite3
from pathlib import Path

import httpx
import msgspec
from jsonschema import Draft202012Validator

from guard.app import build_app
from guard.config import EnergySettings, InferenceSettings, PoolSettings, demo_settings
from guard.config.approval import AdminKeySettings, AdminSettings
from guard.config.energy import EnergySource
from guard.ingress.openapi import description
from tests.e2e.scripted import ScriptedBackend
from tests.metering.energy.exporter import Exporter, page

POLICIES = Path(__file__).parents[1] / "policies"
REQUEST = {"model": "m", "max_tokens": 10, "messages": [{"role": "user", "content": "hello"}]}
ROUTE = "/v1/guard/admin/energy"
BEARER = {"authorization": "Bearer admin-secret"}
ANSWER = json.dumps(
    {
        "id": "1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "yes"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 90, "total_tokens": 100},
    }
).encode()
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(ANSWER)


async def test_what_an_exchange_took_stands_in_the_ledger(tmp_path: Path) -> None:
    backend = ScriptedBackend()
    backend.start()
    backend.play(HEAD + ANSWER)
    try:
        with Exporter(lambda number: page({"GPU-0": 1000 * number})) as exporter:
            # Shorter than a configuration may have it, for the sake of the test.
            pool = PoolSettings("p", ("demo",), EnergySource((exporter.url,)), interval_s=0.02, attribute_s=0.02)
            pool = msgspec.structs.replace(pool, idle_watts=0.0, gpu_watts=1e12)
            settings = msgspec.structs.replace(
                demo_settings(f"http://127.0.0.1:{backend.port}/v1", POLICIES),
                ledger=f"sqlite:///{tmp_path}/guard.db",
                inference=InferenceSettings(classifiers=()),
                energy=EnergySettings((pool,), str(tmp_path / "energy.db"), watts_per_core=10.0),
                admin=AdminSettings((AdminKeySettings("root", hashlib.sha256(b"admin-secret").hexdigest()),)),
            )
            app = build_app(settings)
            transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
            async with app.lifespan(), httpx.AsyncClient(transport=transport, base_url="http://guard") as client:
                await asyncio.to_thread(exporter.wait, 2)
                answer = await client.post("/v1/chat/completions", json=REQUEST)
                await asyncio.to_thread(exporter.wait, exporter.requests + 5)
                shown = await client.get(ROUTE, headers=BEARER)
                refused = await client.get(ROUTE)
    finally:
        backend.stop()
    assert answer.status_code == 200
    with contextlib.closing(sqlite3.connect(tmp_path / "guard.db")) as db:
        ((exchange, energy, void, method),) = db.execute(
            "SELECT exchange, energy_mj, energy_void, energy_method FROM exchange"
        )
    with contextlib.closing(sqlite3.connect(tmp_path / "energy.db")) as db:
        ((took,),) = db.execute("SELECT sum(energy_mj) FROM share")
        pools = dict(db.execute("SELECT pool, sum(energy_mj) FROM interval GROUP BY pool"))
    assert (exchange, void, method) == (answer.headers["x-guard-exchange"], "", "dcgm")
    assert energy == round(took) > 0
    assert pools.keys() == {"p", "guard"}
    assert refused.status_code == 401
    assert [one["pool"] for one in shown.json()["pools"]] == ["p"]
    assert (shown.json()["guard_method"], shown.json()["pools"][0]["weights"]) == ("configured", "default")
    document = description()
    schema = document["paths"][ROUTE]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    Draft202012Validator({**schema, "components": document["components"]}).validate(shown.json())
