"""`/v1/guard/admin/…`: administrators' keys alone, each act allowed by the policy, deciding twice is harmless."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from litestar import Litestar
from ulid import ULID

from guard.core.approval import ApprovalQuestion, ApprovalState, ArgumentShape, Verdict
from guard.core.facts import Identity
from guard.core.grant import Key
from guard.ingress.admin import BODY_BYTES, approval_routes, policy_routes
from guard.ingress.error import HANDLERS
from guard.ingress.openapi import description
from guard.policy.bundle.feed import LocalFeed
from guard.policy.embedded import EmbeddedPolicy
from guard.policy.generation import Rules
from guard.policy.live import LivePolicies
from guard.policy.serving import FixedPolicies, InProcess
from guard.ports import ServedPolicies
from guard.runtime.administration import Administration
from guard.runtime.approval import ApprovalLimits, ApprovalRoom
from tests.ingress.service import POLICIES, failed, starter_policy

APPROVALS, POLICY = "/v1/guard/admin/approvals", "/v1/guard/admin/policy"
SETTINGS = "package guard.settings\n\nadmins := "


def admin_key(name: str) -> Key:
    return Key(hashlib.sha256(f"{name}-secret".encode()).hexdigest(), Identity("", name, ""))


KEYS = (admin_key("alice"), admin_key("bob"))


class Scene:
    """The API over a room with somebody in it."""

    def __init__(self, client: httpx.AsyncClient, room: ApprovalRoom) -> None:
        self.client = client
        self.room = room

    async def ask(self, key: str = "app1") -> tuple[str, "asyncio.Task[Verdict]"]:
        """Somebody's tool call waits: its id, and what will become of it."""
        question = ApprovalQuestion(
            str(ULID()), "01JEXCHANGE", Identity("acme", key, "mid"), "tool", "it sends mail", None, "small", "local",
            "send_mail", (ArgumentShape("$.to", "string"),),
        )  # fmt: skip
        task = asyncio.ensure_future(self.room.ask(question))
        await asyncio.sleep(0)
        return question.id, task

    async def get(self, path: str, name: str = "alice") -> httpx.Response:
        return await self.client.get(path, headers=bearer(name))

    async def post(self, path: str, name: str = "alice", content: bytes = b"") -> httpx.Response:
        return await self.client.post(path, headers=bearer(name), content=content)


def bearer(name: str) -> dict[str, str]:
    return {"authorization": f"Bearer {name}-secret"} if name else {}


@asynccontextmanager
async def admin(
    policy: EmbeddedPolicy | None = None, keys: Sequence[Key] = KEYS, policies: ServedPolicies | None = None
) -> AsyncIterator[Scene]:
    room = ApprovalRoom(ApprovalLimits(), lambda _event: None)
    policies = policies or FixedPolicies(InProcess(policy or starter_policy()))
    door = Administration(keys, policies)
    app = Litestar(
        route_handlers=[*approval_routes(door, room, None), *policy_routes(door, policies)],
        exception_handlers=HANDLERS,
        openapi_config=None,
    )
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://guard", timeout=60) as client:
        yield Scene(client, room)
    room.close()


def policy(directory: Path, rules: str) -> EmbeddedPolicy:
    (directory / "request.rego").write_text(f'package guard\n\nrequest := {{"actions": {{}}}}\n\n{rules}')
    return EmbeddedPolicy(directory)


async def test_what_waits_is_listed_without_values() -> None:
    async with admin() as scene:
        approval, _ = await scene.ask()
        answer = await scene.get(APPROVALS)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    listed: dict[str, Any] = answer.json()
    (one,) = listed["approvals"]
    assert (one["id"], one["state"], one["point"], one["tool"]) == (approval, "waiting", "tool", "send_mail")
    assert (one["tenant"], one["key"], one["reason"]) == ("acme", "app1", "it sends mail")
    assert one["arguments"] == [{"path": "$.to", "type": "string"}]
    assert one["until_ms"] - one["asked_ms"] == 300_000
    assert (listed["figures"]["waiting"], listed["webhook"]) == (1, None)


@pytest.mark.parametrize(("word", "state"), [("approve", "approved"), ("deny", "denied")])
async def test_an_answer_is_given_once_and_may_be_repeated(word: str, state: str) -> None:
    async with admin() as scene:
        approval, task = await scene.ask()
        first = await scene.post(f"{APPROVALS}/{approval}/{word}", content=b'{"reason": "because"}')
        again = await scene.post(f"{APPROVALS}/{approval}/{word}", "bob")
        verdict = await asyncio.wait_for(task, 20)
    assert (first.status_code, again.status_code) == (200, 200)
    assert (first.json()["state"], first.json()["decided_by"]) == (state, "alice")
    assert again.json() == first.json()
    assert (verdict.state, verdict.by, verdict.reason) == (ApprovalState(state), "alice", "because")


async def test_what_is_decided_is_not_decided_otherwise() -> None:
    async with admin() as scene:
        approval, _ = await scene.ask()
        await scene.post(f"{APPROVALS}/{approval}/deny")
        answer = await scene.post(f"{APPROVALS}/{approval}/approve", "bob")
    assert failed(answer) == (409, "already_decided", "This approval is over already: denied.")


@pytest.mark.parametrize("approval", [str(ULID()), "x", "..%2Fpolicy", "%00" * 26])
async def test_an_unknown_approval_is_not_found(approval: str) -> None:
    async with admin() as scene:
        answer = await scene.post(f"{APPROVALS}/{approval}/approve")
    assert failed(answer)[:2] == (404, "not_found")


@pytest.mark.parametrize("name", ["", "mallory", "app1"])
@pytest.mark.parametrize("path", [APPROVALS, POLICY])
async def test_without_an_administrators_key_nothing_is_told(path: str, name: str) -> None:
    async with admin() as scene:
        await scene.ask()
        answer = await scene.get(path, name)
    assert failed(answer)[:2] == (401, "invalid_api_key")


async def test_without_any_administrator_there_is_no_api_and_the_cure_is_told() -> None:
    async with admin(keys=()) as scene:
        answer = await scene.get(APPROVALS)
    status, _, message = failed(answer)
    assert (status, "admin.keys" in message) == (404, True)


async def test_a_policy_that_does_not_speak_of_administrators_allows_nothing(tmp_path: Path) -> None:
    async with admin(policy(tmp_path, "")) as scene:
        approval, task = await scene.ask()
        answers = [
            await scene.get(APPROVALS),
            await scene.get(POLICY),
            await scene.post(f"{APPROVALS}/{approval}/approve"),
        ]
        assert scene.room.waiting()
    assert [answer.status_code for answer in answers] == [403] * 3


async def test_each_act_is_asked_for_by_name_and_with_what_it_is_about(tmp_path: Path) -> None:
    rules = """
admin := {"allow": may}

default may := false

may if {
    input.action == "approval.approve"
    input.identity.key == "alice"
    input.resource.tenant == "acme"
    input.resource.tool == "send_mail"
    input.resource.point == "tool"
}
"""
    async with admin(policy(tmp_path, rules)) as scene:
        approval, task = await scene.ask()
        refused = [
            await scene.get(APPROVALS),
            await scene.post(f"{APPROVALS}/{approval}/deny"),
            await scene.post(f"{APPROVALS}/{approval}/approve", "bob"),
        ]
        assert scene.room.waiting()
        allowed = await scene.post(f"{APPROVALS}/{approval}/approve")
    assert [failed(answer)[:2] for answer in refused] == [(403, "policy_denied")] * 3
    assert "approval.list" in failed(refused[0])[2]
    assert allowed.status_code == 200


async def test_nobody_approves_what_was_asked_under_the_same_name() -> None:
    async with admin() as scene:
        approval, task = await scene.ask(key="alice")
        own = await scene.post(f"{APPROVALS}/{approval}/approve")
        assert scene.room.waiting()
        other = await scene.post(f"{APPROVALS}/{approval}/approve", "bob")
    assert "another administrator" in failed(own)[2]
    assert other.status_code == 200


async def test_a_policy_that_fails_allows_nothing(tmp_path: Path) -> None:
    rules = 'admin := {"allow": true} if input.identity.key == "alice"\n\nadmin := {"allow": false} if input.now'
    async with admin(policy(tmp_path, rules)) as scene:
        answer = await scene.get(APPROVALS)
    assert failed(answer)[:2] == (503, "policy_error")


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"{}", 200),
        (b" ", 200),
        (b'{"reason": "%s"}' % (b"x" * 501), 400),
        (b'{"why": "x"}', 400),
        (b"[]", 400),
        (b'{"reason": 1}', 400),
        (b"\xff", 400),
        (b"x" * (BODY_BYTES + 1), 413),
    ],
)
async def test_a_reason_is_one_short_string(content: bytes, status: int) -> None:
    async with admin() as scene:
        approval, task = await scene.ask()
        answer = await scene.post(f"{APPROVALS}/{approval}/deny", content=content)
        assert bool(scene.room.waiting()) is (status != 200)
    assert answer.status_code == status


async def test_another_method_is_not_taken() -> None:
    async with admin() as scene:
        approval, task = await scene.ask()
        answers = [await scene.post(APPROVALS), await scene.get(f"{APPROVALS}/{approval}/approve")]
        assert scene.room.waiting()
    assert [failed(answer)[:2] for answer in answers] == [(405, "method_not_allowed")] * 2


async def test_the_policy_that_serves_is_named() -> None:
    async with admin() as scene:
        answer = await scene.get(POLICY)
        again = await scene.post(f"{POLICY}/reload")
    assert answer.json()["generation"] == EmbeddedPolicy(POLICIES).generation
    assert again.json() == answer.json()


async def test_policies_are_looked_for_on_command_and_a_bad_one_is_told_of(tmp_path: Path) -> None:
    rules = 'admin := {"allow": true}\n'
    policy(tmp_path, rules)
    policies = LivePolicies(LocalFeed(tmp_path, signed=False, look_s=60), Rules())
    async with admin(policies=policies) as scene:
        first = (await scene.get(POLICY)).json()
        policy(tmp_path, rules + "# new\n")
        second = (await scene.post(f"{POLICY}/reload")).json()
        (tmp_path / "request.rego").write_text("package guard\n\nrequest := {")
        third = (await scene.post(f"{POLICY}/reload")).json()
        last = (await scene.get(POLICY)).json()
    assert first["generation"] != second["generation"] == third["generation"]
    assert (second["reloads"], second["error"]) == (1, "")
    assert (third["refused"], third["error_code"]) == (1, "config_error")
    assert "request.rego" in third["error"]
    assert last == third


async def test_the_description_says_what_is_answered() -> None:
    document = description()
    async with admin() as scene:
        approval, _ = await scene.ask()
        listed, shown = await scene.get(APPROVALS), await scene.get(POLICY)
        denied = await scene.post(f"{APPROVALS}/{approval}/deny")
    for path, method, answer in (
        (APPROVALS, "get", listed),
        (POLICY, "get", shown),
        (f"{APPROVALS}/{{id}}/deny", "post", denied),
    ):
        schema = document["paths"][path][method]["responses"]["200"]["content"]["application/json"]["schema"]
        Draft202012Validator({**schema, "components": document["components"]}).validate(answer.json())
