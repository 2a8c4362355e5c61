"""The page on approval says what the code does: its rules run, its example is the API's, its tables are whole."""

import json
import re
import shutil
from pathlib import Path

import httpx
import msgspec
import pytest

from guard.core.admin_facts import AdminFacts
from guard.core.approval import ApprovalState
from guard.core.approval_view import ApprovalView
from guard.core.decision import Approval
from guard.core.facts import Identity, RequestFacts
from guard.dialects.guard_admin import ApprovalList, PolicyState
from guard.policy.embedded import EmbeddedPolicy
from guard.runtime.approval import ApprovalLimits, ApprovalRoom
from guard.upstream.webhook import Webhook, WebhookAddress

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "approval.md").read_text(encoding="utf-8")
SNIPPETS = re.findall(r"```rego\n# (\S+)[^\n]*\n(.*?)```", PAGE, re.DOTALL)
EXAMPLE, STATUS = map(json.loads, re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL))


def first_words(section: str) -> set[str]:
    """What stands in code in the first cells of a section's tables."""
    part = PAGE.partition(f"\n{section}\n")[2].partition("\n#")[0]
    cells = [line.split("|")[1] for line in part.splitlines() if line.startswith("| `")]
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


@pytest.fixture
def changed(tmp_path: Path) -> EmbeddedPolicy:
    """The starter policy with the page's rules in it."""
    directory = tmp_path / "policies"
    shutil.copytree(ROOT / "policies", directory)
    (_, costly), (_, admins) = SNIPPETS
    (directory / "costly.rego").write_text(costly)
    settings = directory / "settings.rego"
    settings.write_text(settings.read_text().replace('admins := {"*": ["*"]}\n', admins))
    return EmbeddedPolicy(directory)


@pytest.mark.parametrize(
    ("model", "tier", "reason"),
    [("large-model", "free", "the large model is costly"), ("large-model", "gold", ""), ("small-model", "free", "")],
)
def test_the_large_model_waits_but_not_for_gold(
    changed: EmbeddedPolicy, facts: RequestFacts, model: str, tier: str, reason: str
) -> None:
    asked = msgspec.structs.replace(facts, model=model, identity=Identity("acme", "web", tier))
    assert changed.request(asked).require_approval == (Approval(reason) if reason else None)


@pytest.mark.parametrize(
    ("name", "action", "allowed"),
    [
        ("alice", "policy.show", True),
        ("bob", "approval.deny", True),
        ("bob", "approval.approve", False),
        ("mallory", "approval.list", False),
    ],
)
def test_administrators_may_do_what_the_table_says(
    changed: EmbeddedPolicy, name: str, action: str, allowed: bool
) -> None:
    decision = changed.admin(AdminFacts(Identity("", name, ""), action, "2026-03-01T12:00:00Z", {"key": "web"}))
    assert decision.allow is allowed
    assert decision.deny == ()


def test_the_example_is_what_the_api_answers() -> None:
    assert json.loads(msgspec.json.encode(msgspec.convert(EXAMPLE, ApprovalList))) == EXAMPLE
    assert set(EXAMPLE["approvals"][0]) == set(ApprovalView.__struct_fields__)
    assert set(EXAMPLE["figures"]) == set(ApprovalRoom(ApprovalLimits(), lambda _: None).figures())


def test_every_field_is_on_the_page() -> None:
    assert first_words("## The admin API") >= set(ApprovalView.__struct_fields__) | {"figures", "webhook"}
    assert first_words("### Policies") == set(STATUS) == set(PolicyState.__struct_fields__)
    assert first_words("### Who may") == {"identity.key", "action", "resource", "client.address", "now"}


def test_every_state_is_on_the_page() -> None:
    table = PAGE.partition("## What becomes of a request")[2].partition("\n##")[0]
    states = set(re.findall(r"^\|[^|]+\| `(\w+)`", table, re.MULTILINE))
    assert states == {state.value for state in ApprovalState} - {"waiting", "full", "unattended"}


def test_every_figure_of_the_webhook_is_in_the_example() -> None:
    webhook = Webhook(WebhookAddress("http://127.0.0.1:9/", b"key", "//a/guard"), httpx.MockTransport(httpx.Response))
    assert set(EXAMPLE["webhook"]) == set(webhook.figures())
