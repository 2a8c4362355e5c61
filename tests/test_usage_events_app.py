"""Guard with a billing system in its configuration, as a whole: what clients did reaches it, and the metrics say so."""

import asyncio
import json
import sqlite3
from contextlib import closing as closed
from pathlib import Path

import httpx
import msgspec

from guard.app import build_app
from guard.config import InferenceSettings, Secret, UsageEventSettings, demo_settings
from tests.e2e.scripted import ScriptedBackend
from tests.metering.delivery.receiver import Receiver

POLICIES = Path(__file__).parents[1] / "policies"
REQUEST = {"model": "m", "messages": [{"role": "user", "content": "hello"}]}
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


async def test_what_clients_did_reaches_the_billing_system(tmp_path: Path) -> None:
    backend = ScriptedBackend()
    backend.start()
    try:
        with Receiver() as receiver:
            settings = msgspec.structs.replace(
                demo_settings(f"http://127.0.0.1:{backend.port}/v1", POLICIES),
                ledger=f"sqlite:///{tmp_path}/guard.db",
                inference=InferenceSettings(classifiers=()),
                usage_events=UsageEventSettings(url=Secret(receiver.url), token=Secret("token-of-the-tests")),
            )
            app = build_app(settings)
            transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
            async with app.lifespan(), httpx.AsyncClient(transport=transport, base_url="http://guard") as client:
                answers = []
                for _ in range(3):
                    backend.play(HEAD + ANSWER)
                    answers.append(await client.post("/v1/chat/completions", json=REQUEST))
                await asyncio.to_thread(receiver.wait, 3)
                page = ""
                while 'outcome="delivered",webhook="usage"} 3.0' not in page:
                    page = (await client.get("/metrics")).text
    finally:
        backend.stop()
    told = {event["data"]["exchange"]: event["data"] for event in receiver.kept.values()}
    assert told.keys() == {answer.headers["x-guard-exchange"] for answer in answers}
    assert {(data["prompt_tokens"], data["completion_tokens"]) for data in told.values()} == {(10, 90)}
    assert receiver.heads[0]["authorization"] == "Bearer token-of-the-tests"
    with closed(sqlite3.connect(tmp_path / "guard.db")) as db:
        (reached,) = db.execute("SELECT max(d.seq) >= max(s.seq) FROM delivery d JOIN shard s USING (shard)").fetchone()
    assert reached
