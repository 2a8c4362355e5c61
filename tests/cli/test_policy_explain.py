"""`guard policy explain` asks again what a record or a decision log holds, and says what differs."""

import gzip
import json
from pathlib import Path

import pytest
from command import MINIMAL, complaint, guard

from guard.audit.event import EventWriter, logged
from guard.audit.store import RecordStore
from guard.core.entry import Opening
from guard.core.record import DecisionRecord
from guard.policy.embedded import EmbeddedPolicy
from tests.audit.decided import PLANTED, REQUEST, TOOL

POLICY = """package guard

request := {"deny": deny, "actions": {"secret": "block"}}

deny contains {"code": "small", "message": "too small"} if {
	some finding in input.findings
	finding.type == "EMAIL_ADDRESS"
	input.model == "small-model"
}

tool := {"deny": ["no mail"]} if input.tool.name == "mail"
"""
EXCHANGE = "01EXCHANGE"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Policies, and what they decided: in a record, and in a log."""
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "a.rego").write_text(POLICY)
    (tmp_path / "guard.yaml").write_text(f"{MINIMAL}decisions: {{record: {{path: record.db}}}}\n")
    policy = EmbeddedPolicy(tmp_path / "policies")
    decided = [("request", REQUEST, policy.request(REQUEST)), ("tool", TOOL, policy.tool(TOOL))]
    records = [
        DecisionRecord(f"D{number}", EXCHANGE, point, facts.identity, facts, decision, policy.generation, 10**18, 1)
        for number, (point, facts, decision) in enumerate(decided)
    ]
    store = RecordStore(tmp_path / "record.db", None, 30_000)
    store.write([Opening(EXCHANGE, "acme", "web", "free", "openai.chat", "small-model", "local", True, 1), *records])
    store.close()
    writer = EventWriter("run", "1", ())
    events = [writer.event(logged(record, number)) for number, record in enumerate(records)]
    (tmp_path / "log.json").write_bytes(b"\n".join(events))
    (tmp_path / "log.json.gz").write_bytes(gzip.compress(b"[" + b",".join(events) + b"]"))
    return tmp_path


@pytest.mark.parametrize(
    "source", [[], ["--record", "log.json"], ["--record", "log.json.gz"]], ids=["record", "log", "gz"]
)
def test_each_decision_is_explained_by_the_rules_that_held(place: Path, source: list[str]) -> None:
    done = guard(place, "policy", "explain", EXCHANGE, *source, KEY="fake")

    lines = [" ".join(line.split()) for line in done.stdout.decode().splitlines()]
    assert done.returncode == 0, done
    assert "deny code: small, message: too small" in lines
    assert "guard.deny a.rego:5 input.model, input.findings[0].type" in lines
    assert "guard.tool a.rego:11 input.tool.name" in lines
    assert lines.count("the decision is the recorded one") == 2
    assert not any(text in done.stdout.decode() for text in PLANTED)


def test_another_policy_is_told_and_what_it_decides_otherwise(place: Path) -> None:
    recorded = EmbeddedPolicy(place / "policies").generation
    changed = POLICY.replace('"block"', '"redact"').replace('"small-model"', '"large-model"')
    (place / "policies" / "a.rego").write_text(changed)

    done = guard(place, "policy", "explain", "D0", "policies", "--record", "log.json")

    shown = done.stdout.decode()
    lines = [" ".join(line.split()) for line in shown.splitlines()]
    assert done.returncode == 1, done
    assert f"decided under generation {recorded}" in shown
    assert (
        f"these policies are generation {EmbeddedPolicy(place / 'policies').generation}: the rules are theirs" in lines
    )
    assert 'actions {"secret":"block"} {"secret":"redact"}' in lines
    assert 'deny [{"code":"small","message":"too small"}] –' in lines
    assert "tool" not in lines[0]


def test_json_has_both_decisions(place: Path) -> None:
    (place / "policies" / "a.rego").write_text("package guard\n\nrequest := {}\n")

    report = json.loads(guard(place, "policy", "explain", EXCHANGE, "--format", "json", KEY="fake").stdout)

    request, tool = report["decisions"]
    assert request["recorded"]["actions"] == {"secret": "block"}
    assert request["now"] == {}
    assert [one["key"] for one in request["differences"]] == ["actions", "deny"]
    assert tool["now"]["deny"][0]["code"] == "policy_undefined"
    assert tool["warnings"] == ["the policy has no rule data.guard.tool any more"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["01OTHER"], "record.db has no decision of this exchange"),
        (["01OTHER", "--record", "log.json"], "log.json has no decision of this exchange"),
        ([EXCHANGE, "--record", "none.json"], "none.json can't be read"),
        ([EXCHANGE, "--record", "bad.json"], "bad.json is no decision log"),
    ],
)
def test_what_is_not_there_is_told_in_one_line(place: Path, arguments: list[str], says: str) -> None:
    (place / "bad.json").write_text(EXCHANGE)

    assert says in complaint(guard(place, "policy", "explain", *arguments, KEY="fake"))


def test_without_a_record_the_cure_is_told(place: Path) -> None:
    (place / "guard.yaml").write_text(MINIMAL)

    assert "configure decisions.record" in complaint(guard(place, "policy", "explain", EXCHANGE, KEY="fake"))
