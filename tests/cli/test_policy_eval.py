"""`guard policy eval` shows a decision as a table or as JSON, and says by its status whether there is one."""

import json
from pathlib import Path

import pytest
from command import complaint, guard

POLICY = """package guard

request := {"deny": deny, "actions": {"secret": action}}

deny contains {"code": "no_model", "message": "not this one"} if input.model == "m"

action := "block" if input.stream

action := "redcat" if not input.stream
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "a.rego").write_text(POLICY)
    (tmp_path / "in.json").write_text('{"model": "m", "stream": true}')
    return tmp_path


def test_a_table_shows_the_decision_and_the_rules_that_held(place: Path) -> None:
    done = guard(place, "policy", "eval", "policies", "--input", "in.json")

    lines = [" ".join(line.split()) for line in done.stdout.decode().splitlines()]
    assert done.returncode == 0, done
    assert "deny code: no_model, message: not this one" in lines
    assert "actions secret block" in lines
    assert "guard.deny a.rego:5 input.model" in lines
    assert "guard.action a.rego:7 input.stream" in lines
    assert "1 more rules held and read nothing of the input: --all shows them" in lines


def test_json_has_the_decision_in_the_words_of_a_policy(place: Path) -> None:
    done = guard(place, "policy", "eval", "--input", "-", "--format", "json", stdin=b'{"model": "m", "stream": true}')

    report = json.loads(done.stdout)
    assert report["decision"]["actions"] == {"secret": "block"}
    assert {"rule": "guard.deny", "file": "a.rego", "line": 5, "end": 5, "reads": ["input.model"]} in report["rules"]


def test_no_decision_is_told_with_its_place_and_status_1(place: Path) -> None:
    done = guard(place, "policy", "eval", "--input", "-", stdin=b'{"stream": false}')

    assert done.returncode == 1
    assert "no decision: a.rego: line 9: policy: actions has an unknown word `redcat`" in done.stdout.decode()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--input", "none.json"], "none.json can't be read"),
        (["--input", "policies/a.rego"], "is not a JSON object"),
        (["--input", "in.json", "--point", "tool"], "the policy has no rule data.guard.tool"),
        ([], "Missing option '--input'"),
    ],
)
def test_a_misuse_is_one_line(place: Path, arguments: list[str], says: str) -> None:
    assert says in complaint(guard(place, "policy", "eval", "policies", *arguments))
