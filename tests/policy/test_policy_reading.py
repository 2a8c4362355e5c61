"""A policy gets the facts that it names, and the same facts are decided alike without asking again."""

from pathlib import Path

import pytest
from msgspec.structs import replace as vary

from guard.core.facts import RequestFacts
from guard.policy.embedded import EmbeddedPolicy
from guard.policy.reading import fields_read, is_repeatable
from guard.policy.source import Module
from tests.policy.conftest import Write

EVERYTHING = RequestFacts.__struct_fields__


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("package guard", ()),
        ("x if input.model == 1", ("model",)),
        ("x if input.tools[_] == input.model", ("model", "tools")),
        ("import input.identity as who", ("identity",)),
        ("x := input", EVERYTHING),
        ('x := input["model"]', EVERYTHING),
        ("walk(input, [p, v])", EVERYTHING),
        ("x := input.model\n# the input as a whole", ("model",)),
        ("# METADATA\n# schemas:\n#   - input: schema.request\nx := input.model", ("model",)),
        ('x := "#" # "\ny := input["model"]', EVERYTHING),
        ('x := $"{f("#")} {input.model}"', ("model",)),
        ("x := $`\n# {input.model}`", ("model",)),
        ("x := input . model", EVERYTHING),
        ("x := inputs.model", ()),
        ("x := input.unheard_of", ()),
    ],
)
def test_the_facts_that_a_policy_names(text: str, fields: tuple[str, ...]) -> None:
    assert fields_read([Module("a.rego", "package guard"), Module("b.rego", text)]) == fields


@pytest.mark.parametrize("call", ["time.now_ns()", "rand.intn(input.model, 2)", "uuid.rfc4122(input.model)"])
def test_a_policy_that_asks_for_chance_or_time_is_asked_each_time(call: str) -> None:
    assert not is_repeatable([Module("a.rego", f"package guard\nx := {call}")])
    assert is_repeatable([Module("a.rego", "package guard\nx := input.now")])


def test_what_a_policy_does_not_read_changes_no_decision(write: Write, facts: RequestFacts) -> None:
    policy = EmbeddedPolicy(write({"a.rego": 'package guard\n\nrequest := {"labels": {"m": input.model}}\n'}))
    first = policy.request(facts)
    assert policy.request(vary(facts, prompt_chars=7, now="2031-01-01T00:00:00Z")) is first
    assert policy.request(vary(facts, model="other")).labels == {"m": "other"}


def test_the_starter_policy_decides_by_identity_model_and_members(starter: Path, facts: RequestFacts) -> None:
    policy = EmbeddedPolicy(starter)
    assert policy.request(facts) is policy.request(vary(facts, prompt_chars=123, now="2031-01-01T00:00:00Z"))


def test_the_time_as_a_fact_is_no_memory(write: Write, facts: RequestFacts) -> None:
    policy = EmbeddedPolicy(write({"a.rego": 'package guard\n\nrequest := {"labels": {"t": input.now}}\n'}))
    assert policy.request(vary(facts, now="2031-01-01T00:00:00Z")).labels == {"t": "2031-01-01T00:00:00Z"}
    assert policy.request(vary(facts, now="2032-01-01T00:00:00Z")).labels == {"t": "2032-01-01T00:00:00Z"}
