"""Entry points in every spelling: what OPA would answer, Guard asks for, or it refuses the policy."""

import json
from pathlib import Path

import pytest

from guard.errors import ConfigError
from guard.policy.embedded import EmbeddedPolicy
from guard.policy.point import TOOL

_REQUEST = "package guard\n\nrequest := {}\n"
_SPELLINGS = {
    "rule": [_REQUEST + 'tool := {"deny": ["no"]}\n'],
    "indented": [_REQUEST + '  tool := {"deny": ["no"]}\n'],
    "default": [_REQUEST + 'default tool := {"deny": ["no"]}\n'],
    "default on a line of its own": [_REQUEST + 'default\ntool := {"deny": ["no"]}\n'],
    "reference": [_REQUEST + 'tool.deny contains "no"\n'],
    "reference in brackets": [_REQUEST + 'tool["deny"] contains "no"\n'],
    "else": [_REQUEST + 'tool := {} if { 1 == 2 } else := {"deny": ["no"]}\n'],
    "package of its own": [_REQUEST, 'package guard.tool\n\ndeny contains "no"\n'],
    "quoted package": [_REQUEST, 'package guard["tool"]\n\ndeny contains "no"\n'],
    "behind a semicolon": [_REQUEST.rstrip() + '; tool := {"deny": ["no"]}\n'],
    "behind a body": [_REQUEST + 'other if { 1 == 1 }; tool := {"deny": ["no"]}\n'],
    "after odd comments": [_REQUEST + '# a ` b { " (\ntool := {"deny": ["no"]}\n# c ` d\n'],
    "after odd strings": [_REQUEST + 'one := `"{`\ntwo := "# {`("\ntool := {"deny": ["no"]}\n'],
    "lines of Windows": [(_REQUEST + 'tool := {"deny": ["no"]}\n').replace("\n", "\r\n")],
}


@pytest.mark.parametrize("modules", _SPELLINGS.values(), ids=_SPELLINGS)
def test_tool_rules_are_asked_for_however_they_are_written(tmp_path: Path, modules: list[str]) -> None:
    for number, text in enumerate(modules):
        (tmp_path / f"{number}.rego").write_text(text, newline="")
    policy = EmbeddedPolicy(tmp_path)
    assert "tool" in policy.points
    assert [denial.message for denial in policy.tool(TOOL.example).deny] == ["no"]


def test_rules_of_other_packages_are_no_entry_points(tmp_path: Path) -> None:
    (tmp_path / "a.rego").write_text(_REQUEST)
    (tmp_path / "b.rego").write_text("package guard.tooling\n\ntool := 1\n")
    assert EmbeddedPolicy(tmp_path).points == {"request"}


@pytest.mark.parametrize("name", ["tool", "response", "admin", "request"])
def test_data_in_an_entry_points_place_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.rego").write_text(_REQUEST)
    (tmp_path / "data.json").write_text(json.dumps({"guard": {name: {"deny": ["no"]}}}))
    with pytest.raises(ConfigError, match=f"data has guard.{name}, which only rules may define"):
        EmbeddedPolicy(tmp_path)
