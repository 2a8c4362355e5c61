"""What operators see of the policies: which serve, why a change does not, and how they have them read again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from jsonschema import Draft202012Validator
from litestar import Litestar

from guard.ingress.admin import policy_routes
from guard.ingress.error import HANDLERS
from guard.ingress.health import health_routes
from guard.ingress.openapi import description
from guard.policy.live import LivePolicies
from guard.runtime.administration import Administration
from tests.ingress.service import failed
from tests.ingress.test_admin import KEYS, POLICY, bearer
from tests.policy.bundle_world import write
from tests.policy.test_policy_live import live, policy

RELOAD = f"{POLICY}/reload"
ADMIN = 'package guard\n\nadmin := {"allow": input.identity.key == "alice"}\n'


@asynccontextmanager
async def served(policies: LivePolicies) -> AsyncIterator[httpx.AsyncClient]:
    door = Administration(KEYS, policies)
    app = Litestar(
        route_handlers=[
            *policy_routes(door, policies),
            *health_routes(lambda: (), policies.status),
        ],
        exception_handlers=HANDLERS,
        openapi_config=None,
    )
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://guard", timeout=60) as client:
        yield client


def policies_in(folder: Path) -> LivePolicies:
    return live(write(folder, {**policy(1), "admin.rego": ADMIN, ".manifest": '{"revision": "r1"}'}))


async def test_readiness_says_which_generation_serves_and_stays_when_a_change_is_refused(tmp_path: Path) -> None:
    policies = policies_in(tmp_path)
    write(tmp_path, {"a.rego": "package guard\n\nrequest := {"})
    await policies.reload()

    async with served(policies) as client:
        answer = await client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json()["policy"] == {"generation": policies.status().generation, "revision": "r1"}


async def test_an_administrator_sees_why_a_change_does_not_serve(tmp_path: Path) -> None:
    async with served(policies_in(tmp_path)) as client:
        write(tmp_path, {"a.rego": "package guard\n\nrequest := {"})
        reloaded = (await client.post(RELOAD, headers=bearer("alice"))).json()
        shown = (await client.get(POLICY, headers=bearer("alice"))).json()

    assert shown == reloaded
    assert (reloaded["error_code"], reloaded["refused"], reloaded["revision"]) == ("config_error", 1, "r1")
    assert "a.rego: line" in reloaded["error"]


async def test_an_administrator_has_policies_read_again(tmp_path: Path) -> None:
    async with served(policies_in(tmp_path)) as client:
        write(tmp_path, policy(2))
        reloaded = await client.post(RELOAD, headers=bearer("alice"))

    assert (reloaded.json()["reloads"], reloaded.json()["error_code"]) == (1, "")
    described(reloaded.json())


async def test_nobody_else_has_policies_read_again(tmp_path: Path) -> None:
    policies = policies_in(tmp_path)
    async with served(policies) as client:
        write(tmp_path, policy(2))
        answers = [await client.post(RELOAD, headers=bearer(name)) for name in ("bob", "")]

    assert [failed(answer)[0] for answer in answers] == [403, 401]
    assert policies.status().reloads == 0


def described(answer: dict[str, Any]) -> None:
    document = description()
    schema = document["paths"][RELOAD]["post"]["responses"]["200"]["content"]["application/json"]["schema"]
    Draft202012Validator({**schema, "components": document["components"]}).validate(answer)
