"""`/v1/guard/admin/keys`: administrators alone, as the policy allows, and no key is shown but once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from litestar import Litestar

from guard.errors import Unauthorized
from guard.ingress.error import HANDLERS
from guard.ingress.keys import KeyDesk, key_routes
from guard.ingress.openapi import description
from guard.metering.key.store import KeyStore
from guard.metering.key.watch import WatchedKeys
from guard.policy.embedded import EmbeddedPolicy
from guard.policy.serving import FixedPolicies, InProcess
from guard.runtime.administration import Administration
from guard.runtime.admission import Admission
from tests.ingress.service import failed, starter_policy
from tests.ingress.test_admin import KEYS, bearer, policy

PLACE = "/v1/guard/admin/keys"


class Scene:
    """The API over an empty store."""

    def __init__(self, client: httpx.AsyncClient, admission: Admission) -> None:
        self._client = client
        self.admission = admission

    async def get(self, name: str = "alice") -> httpx.Response:
        return await self._client.get(PLACE, headers=bearer(name))

    async def post(self, below: str = "", by: str = "alice", order: str = "", **body: Any) -> httpx.Response:
        """`order`: the name of a key to be made."""
        body = {"name": order, **body} if order else body
        return await self._client.post(PLACE + below, headers=bearer(by), json=body)


@asynccontextmanager
async def keys(directory: Path, rules: EmbeddedPolicy | None = None, *, store: bool = True) -> AsyncIterator[Scene]:
    held = KeyStore(directory / "keys.db")
    watched = WatchedKeys(held)
    admission = Admission((), 1, [watched])
    door = Administration(KEYS, FixedPolicies(InProcess(rules or starter_policy())))
    desk = KeyDesk(held if store else None, watched.refresh, admission.refusals, {"configured"})
    app = Litestar(route_handlers=key_routes(door, desk), exception_handlers=HANDLERS, openapi_config=None)
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://guard", timeout=60) as client:
        yield Scene(client, admission)


async def test_a_key_is_made_used_replaced_and_ended(tmp_path: Path) -> None:
    async with keys(tmp_path) as scene:
        made = await scene.post(order="web")
        old = made.json()["key"]
        assert (await scene.admission.identify(f"Bearer {old}")).identity.key == "web"
        new = (await scene.post("/web/rotate", overlap_s=0)).json()["key"]
        assert (await scene.admission.identify(f"Bearer {new}")).identity.key == "web"
        ended = await scene.post("/web/revoke")
        listed = await scene.get()
        for key, code in ((old, "key_revoked"), (new, "key_revoked"), ("guard_x", "invalid_api_key")):
            with pytest.raises(Unauthorized) as caught:
                await scene.admission.identify(f"Bearer {key}")
            assert caught.value.code == code
        counted = (await scene.get()).json()["refused"]
    assert (made.status_code, made.headers["cache-control"]) == (200, "no-store")
    assert ended.json()["revoked_ms"] is not None
    assert listed.json()["keys"] == [ended.json()]
    assert counted == {"key_revoked": 2, "invalid_api_key": 1}
    assert not any(key in listed.text or key in ended.text for key in (old, new))


@pytest.mark.parametrize("name", ["", "mallory"])
async def test_without_an_administrators_key_nothing_is_told_or_done(tmp_path: Path, name: str) -> None:
    async with keys(tmp_path) as scene:
        made = (await scene.post(order="web")).json()["key"]
        for answer in (await scene.get(name), await scene.post("/web/revoke", name), await scene.post("", name)):
            assert failed(answer)[:2] == (401, "invalid_api_key")
        assert (await scene.admission.identify(f"Bearer {made}")).identity.key == "web"


async def test_each_act_is_asked_for_by_name_and_with_the_key_it_is_about(tmp_path: Path) -> None:
    rules = """
admin := {"allow": may}

default may := false

may if {
    input.action in {"key.create", "key.rotate", "key.revoke"}
    input.identity.key == "alice"
    input.resource == {"name": "web", "tenant": "acme", "tier": "default"}
}
"""
    (tmp_path / "rules").mkdir()
    async with keys(tmp_path, policy(tmp_path / "rules", rules)) as scene:
        refused = [
            await scene.get(),
            await scene.post(order="web"),
            await scene.post("", "bob", order="web", tenant="acme"),
        ]
        allowed = [await scene.post(order="web", tenant="acme"), await scene.post("/web/rotate")]
        refused.append(await scene.post("/web/revoke", "bob"))
        allowed.append(await scene.post("/web/revoke"))
    assert [failed(answer)[:2] for answer in refused] == [(403, "policy_denied")] * 4
    assert [answer.status_code for answer in allowed] == [200] * 3


@pytest.mark.parametrize(
    ("below", "body", "status", "code"),
    [
        ("", {}, 400, "malformed_request"),
        ("", {"name": "web", "sha256": "0" * 64}, 400, "malformed_request"),
        ("", {"name": "web", "expires_s": 0}, 400, "malformed_request"),
        ("", {"name": "a b"}, 400, "invalid_key_order"),
        ("", {"name": "web", "scopes": ["root"]}, 400, "invalid_key_order"),
        ("", {"name": "web", "networks": ["10.0.0.1/8"]}, 400, "invalid_key_order"),
        ("", {"name": "configured"}, 409, "key_conflict"),
        ("", {"name": "there"}, 409, "key_conflict"),
        ("/nobody/rotate", {}, 404, "not_found"),
        ("/nobody/revoke", {}, 404, "not_found"),
        ("/a%20b/revoke", {}, 404, "not_found"),
        ("/there/rotate", {"overlap_s": -1}, 400, "malformed_request"),
    ],
)
async def test_what_does_not_fit_is_refused(
    tmp_path: Path, below: str, body: dict[str, Any], status: int, code: str
) -> None:
    async with keys(tmp_path) as scene:
        await scene.post(order="there")
        assert failed(await scene.post(below, "alice", **body))[:2] == (status, code)


async def test_without_a_store_the_cure_is_told(tmp_path: Path) -> None:
    async with keys(tmp_path, store=False) as scene:
        status, _, message = failed(await scene.get())
    assert (status, "identity.key_store" in message) == (404, True)


async def test_the_description_says_what_is_answered(tmp_path: Path) -> None:
    document = description()
    async with keys(tmp_path) as scene:
        answers = {
            ("", "post"): await scene.post(order="web"),
            ("", "get"): await scene.get(),
            ("/{name}/rotate", "post"): await scene.post("/web/rotate"),
            ("/{name}/revoke", "post"): await scene.post("/web/revoke"),
        }
    for (below, method), answer in answers.items():
        said = document["paths"][PLACE + below][method]["responses"]["200"]["content"]["application/json"]["schema"]
        Draft202012Validator({**said, "components": document["components"]}).validate(answer.json())
