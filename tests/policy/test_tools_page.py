"""The page on tool calls says what the code does: its rules load, and rule as it says."""

import re
from pathlib import Path

import msgspec
import pytest

from guard.core.facts import CallFacts, Identity
from guard.core.point_decision import ToolDecision
from guard.core.tool_facts import OneCall, SourceFacts, ToolFacts
from guard.policy.embedded import EmbeddedPolicy
from guard.runtime.tool import desk

PAGE = (Path(__file__).parents[2] / "docs" / "tools.md").read_text(encoding="utf-8")
SNIPPETS = dict(re.findall(r"```rego\n# (\S+)[^\n]*\n(.*?)```", PAGE, re.DOTALL))
FACTS = ToolFacts(
    identity=Identity("acme", "web", "free"),
    model="m",
    backend="local",
    dialect="openai.chat",
    stream=True,
    now="2026-03-01T12:00:00Z",
    tool=OneCall("send_mail", offered=True, valid=True, arguments={"to": "ann@example.com"}),
)


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> EmbeddedPolicy:
    directory = tmp_path_factory.mktemp("policies")
    (directory / "request.rego").write_text("package guard\n\nrequest := {}\n")
    for name, text in SNIPPETS.items():
        (directory / name).write_text(text)
    return EmbeddedPolicy(directory)


def codes(decision: ToolDecision) -> set[str]:
    return {denial.code for denial in decision.deny}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, set()),
        ({"calls": (CallFacts("read_web"),)}, {"mail_after_web"}),
        ({"calls": (CallFacts("read_file"),)}, set()),
        ({"sources": (SourceFacts("$.to", "tool", "read_file"),)}, {"address_from_tool"}),
        ({"sources": (SourceFacts("$.to", "user"), SourceFacts("$.body", "tool", "read_file"))}, set()),
        ({"tool": OneCall("send_mail", offered=False, valid=True)}, {"unknown_call"}),
        ({"tool": OneCall("pay", offered=True, valid=False)}, {"unknown_call"}),
    ],
)
def test_the_rules_on_the_page_rule_as_it_says(
    policy: EmbeddedPolicy, changes: dict[str, object], expected: set[str]
) -> None:
    assert codes(policy.tool(msgspec.structs.replace(FACTS, **changes))) == expected


@pytest.mark.parametrize("name", ["transfer", "move_arm", "write_file", "fetch", "send_mail"])
def test_the_bounds_on_the_page_are_bounds(policy: EmbeddedPolicy, name: str) -> None:
    bounds = policy.tool(msgspec.structs.replace(FACTS, tool=OneCall(name, offered=True, valid=True))).bounds
    assert bounds
    assert bounds.get("$.speed_mm_s") is None or bounds["$.speed_mm_s"].clamp


def test_the_codes_of_guards_own_are_on_the_page() -> None:
    codes = {desk.UNCLEAR.code, desk.NO_DECISION.code, desk.UNREADABLE.code, desk.OUT_OF_BOUNDS}
    assert {code for code in codes if f"`{code}`" not in PAGE} == set()
