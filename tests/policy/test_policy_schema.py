"""The JSON Schemas of inputs and decisions: true to what is sent and taken, and of use to `opa check`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from guard.core.facts import CallFacts, ClientFacts, FindingFacts, MediaFacts, RequestFacts
from guard.core.tool_facts import OneCall, SourceFacts
from guard.errors import PolicyError
from guard.policy.document import input_document
from guard.policy.point import ADMIN, POINTS, REQUEST, RESPONSE, TOOL
from guard.policy.schema import decision_schemas, input_schemas
from tests.cli.command import complaint, guard
from tests.opa import run_opa

Write = Callable[[dict[str, str]], Path]

SCHEMAS = Path(__file__).parents[2] / "schemas"
FINDING = FindingFacts("EMAIL_ADDRESS", "pii.direct", 2, 1, 0.99, "pattern", "$.messages.content")


def test_the_committed_schemas_are_those_of_the_code() -> None:
    made = {f"{name}.json": text for name, text in input_schemas().items()}
    made |= {f"decision/{name}.json": text for name, text in decision_schemas().items()}
    kept = {path.relative_to(SCHEMAS).as_posix(): path.read_bytes() for path in SCHEMAS.rglob("*.json")}
    assert kept == made, "run: guard policy schema schemas"


@pytest.mark.parametrize(
    ("point", "changes"),
    [
        (REQUEST, {}),
        (
            REQUEST,
            {
                "findings": (FINDING,),
                "media": (MediaFacts("image", "remote", "", "example.com", 1, 0),),
                "max_tokens": 2**70,
                "parameters": {"temperature": 0.5, "seed": 7, "user": None, "logprobs": True},
                "client": ClientFacts("192.0.2.1"),
                "calls": (CallFacts("search", findings=("EMAIL_ADDRESS",)),),
            },
        ),
        (RESPONSE, {}),
        (TOOL, {"tool": OneCall("send", True, True, {"to": ["a"]}, {"type": "object"})}),
        (TOOL, {"tool": OneCall("send", False, False), "sources": (SourceFacts("$.to", "tool", "read_web"),)}),
        (ADMIN, {"resource": {"approval": "01J"}}),
    ],
)
def test_what_is_sent_is_what_the_schema_says(point: Any, changes: dict[str, Any]) -> None:
    facts = msgspec.structs.replace(point.example, **changes)
    document = input_document(facts, point.facts.__struct_fields__)
    assert document is not None
    for name in (point.name, "input"):
        jsonschema.validate(json.loads(document), json.loads(input_schemas()[name]))


def test_a_fact_that_is_not_sent_is_not_in_the_schema() -> None:
    document = json.loads(input_document(REQUEST.example, RequestFacts.__struct_fields__) or b"")
    schema = json.loads(input_schemas()["request"])
    for broken in ({**document, "modle": "x"}, {name: value for name, value in document.items() if name != "model"}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(broken, schema)


@pytest.mark.parametrize(
    ("schema", "rule", "complaint"),
    [
        ("request", 'input.model == "x"', ""),
        ("request", 'input.modle == "x"', 'have: "modle"'),
        ("request", 'some message in input.messages\n\tmessage.roel == "user"', 'have: "roel"'),
        ("request", 'input.identity.claims.department == "x"', ""),
        ("request", 'input.identity.departement == "x"', 'have: "departement"'),
        ("request", 'input.tokens == "many"', "match error"),
        ("request", "input.max_tokens > 5", ""),
        ("request", 'input.parameters.temperature == "hot"', ""),
        ("request", 'input.tool.name == "send"', 'have: "tool"'),
        ("tool", 'input.tool.arguments.to == "x"', ""),
        ("tool", 'input.tool.argument.to == "x"', 'have: "argument"'),
        ("tool", 'some source in input.sources\n\tsource.tool == "read_web"', ""),
        ("response", 'input.finding.type == "EMAIL_ADDRESS"', ""),
        ("response", 'input.findings[_].type == "EMAIL_ADDRESS"', 'have: "findings"'),
        ("admin", 'input.action == "policy.reload"', ""),
        ("admin", 'input.resource.approval == "x"', ""),
        ("input", 'input.tool.name == input.model', ""),
        ("input", 'input.modle == "x"', 'have: "modle"'),
    ],
)  # fmt: skip
def test_opa_type_checks_policies_with_them(write: Write, schema: str, rule: str, complaint: str) -> None:
    annotated = f"# METADATA\n# scope: package\n# schemas:\n#   - input: schema.{schema}\npackage guard\n\n"
    checked = run_opa(
        "check", "--strict", "--schema", SCHEMAS, write({"p.rego": f"{annotated}p if {{\n\t{rule}\n}}\n"})
    )
    assert (checked.returncode == 0) == (not complaint), checked.stderr
    assert complaint in checked.stderr


def test_the_starter_policy_is_type_checked_in_files_of_ones_own_too(starter: Path, write: Write) -> None:
    assert run_opa("check", "--strict", "--schema", SCHEMAS, starter).returncode == 0
    for package in ("guard", "guard.ours"):
        own = write({"own.rego": f'package {package}\n\nx if input.modle == "x"\n'})
        checked = run_opa("check", "--strict", "--schema", SCHEMAS, starter, own)
        assert 'have: "modle"' in checked.stderr, package


ANSWERS: list[tuple[str, Any, bool]] = [
    ("request", {}, True),
    ("request", {"deny": ["no", {"code": "no", "message": "No.", "internal": "rule 7"}]}, True),
    ("request", {"deny": "no"}, False),
    ("request", {"deny": [{"cod": "no"}]}, False),
    ("request", {"deny": [{"code": "No!"}]}, False),
    ("request", {"actions": {"EMAIL_ADDRESS": "redact", "*": "flag"}}, True),
    ("request", {"prompt_actions": {"pii": "allow"}, "answer_actions": {"pii": "block"}}, True),
    ("request", {"actions": {"EMAIL_ADDRESS": "mask"}}, False),
    ("request", {"styles": {"pii": "surrogate"}, "prompt_styles": {}, "answer_styles": {}}, True),
    ("request", {"styles": {"pii": "redact"}}, False),
    ("request", {"thresholds": {"pii": 0.5}}, True),
    ("request", {"thresholds": {"pii": 1.5}}, False),
    ("request", {"members": ["documents"], "hold_chars": 100, "ahead_chars": 10, "labels": {"a": "b"}}, True),
    ("request", {"hold_chars": 0}, False),
    ("request", {"hold_chars": 1.5}, False),
    ("request", {"labels": {"a": 1}}, False),
    ("request", {"release": "optimistic", "on_failure": "release", "classifiers": ["injection"]}, True),
    ("request", {"release": "soon"}, False),
    ("request", {"on_failure": "allow"}, False),
    ("request", {"classifiers": ["toxicity"]}, False),
    ("request", {"route": {"backend": "local", "model": "small"}}, True),
    ("request", {"route": {"host": "local"}}, False),
    ("request", {"limits": {"max_tokens": 10, "tokens_per_s": 2.5, "thinking_tokens": 0}}, True),
    ("request", {"limits": {"max_tokens": 0}}, False),
    ("request", {"limits": {"tokens_per_s": 0}}, False),
    ("request", {"parameters": {"allow": ["temperature"], "force": {"seed": 7, "user": None}, "max": {"n": 1}}}, True),
    ("request", {"parameters": {"force": {"seed": [7]}}}, False),
    ("request", {"parameters": {"max": {"n": "1"}}}, False),
    ("request", {"require_approval": True}, True),
    ("request", {"require_approval": {"reason": "large", "timeout_s": 60}}, True),
    ("request", {"require_approval": {"timeout_s": 0}}, False),
    ("request", {"require_approval": "yes"}, False),
    ("request", {"packs": {"pci-dss": {"deny": ["no"], "actions": {"CREDIT_CARD": "block"}}}}, True),
    ("request", {"packs": {"pci-dss": {"members": []}}}, False),
    ("request", {"packs": {"pci-dss": {"packs": {}}}}, False),
    ("request", {"packs": ["pci-dss"]}, False),
    ("request", {"allow": True}, False),
    ("request", True, False),
    ("response", {"action": "block", "labels": {"a": "b"}}, True),
    ("response", {"action": "deny"}, False),
    ("response", {"actions": {}}, False),
    ("tool", {"deny": ["no"], "redact": ["$.to", "$.list[*]", "$.a[0].b"], "labels": {}}, True),
    ("tool", {"redact": ["to"]}, False),
    ("tool", {"bounds": {"$.speed": {"min": 0, "max": 2.5, "clamp": True}}, "require_approval": False}, True),
    ("tool", {"bounds": {"$.to": {"one_of": ["a", 1, None], "prefixes": ["/tmp"], "hosts": [".example.com"]}}}, True),
    ("tool", {"bounds": {"speed": {"min": 0}}}, False),
    ("tool", {"bounds": {"$.speed": {"least": 0}}}, False),
    ("tool", {"bounds": {"$.speed": {"clamp": 1}}}, False),
    ("tool", {"packs": {"agents": {"deny": ["no"], "redact": ["$.to"]}}}, True),
    ("tool", {"packs": {"agents": {"packs": {}}}}, False),
    ("admin", {"allow": True, "deny": []}, True),
    ("admin", {"allow": "yes"}, False),
    ("admin", {"allowed": True}, False),
]  # fmt: skip


@pytest.mark.parametrize(("name", "answer", "taken"), ANSWERS)
def test_the_schema_of_a_decision_and_its_reader_agree(name: str, answer: Any, taken: bool) -> None:
    point = next(point for point in POINTS if point.name == name)
    validator = jsonschema.Draft202012Validator(json.loads(decision_schemas()[name]))
    try:
        point.parse(answer, "g")
        read = True
    except PolicyError:
        read = False
    assert (read, validator.is_valid(answer)) == (taken, taken)


@pytest.mark.parametrize("name", ["request", "response", "tool", "admin"])
def test_every_key_of_a_decision_is_in_the_table_above(name: str) -> None:
    schema = json.loads(decision_schemas()[name])
    keys = set(schema["$defs"][schema["$ref"].rpartition("/")[2]]["properties"])
    assert keys == {key for of, answer, taken in ANSWERS if of == name and taken for key in answer}


def test_the_command_writes_and_prints_them(tmp_path: Path) -> None:
    assert guard(tmp_path, "policy", "schema", "s").returncode == 0
    assert (tmp_path / "s/decision/tool.json").read_bytes() == decision_schemas()["tool"]
    assert guard(tmp_path, "policy", "schema", "--point", "tool").stdout == input_schemas()["tool"]
    assert guard(tmp_path, "policy", "schema", "--point", "tool", "--decision").stdout == decision_schemas()["tool"]


def test_a_directory_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "can't be written" in complaint(guard(tmp_path, "policy", "schema", "file/s"))
