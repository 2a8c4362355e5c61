"""Each decision is told to a sink once, also one that failed, and nothing about it changes."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from guard.core.admin_facts import AdminFacts
from guard.core.answer_facts import AnswerFacts
from guard.core.facts import FindingFacts, Identity, RequestFacts
from guard.core.record import DecisionRecord
from guard.core.tool_facts import OneCall, ToolFacts
from guard.errors import PolicyError
from guard.policy.embedded import EmbeddedPolicy
from guard.policy.recorded import RecordedPolicies
from guard.policy.serving import FixedPolicies, InProcess

WHO = Identity("acme", "web", "free")
POLICY = """package guard

request := {"deny": [], "labels": {"team": "blue"}} if input.model != "undefined"

request := {"labels": {"n": sprintf("%d", [input.tokens / 0])}} if input.model == "broken"

response := {"action": "block"}

tool := {"redact": ["$.to"]}

admin := {"allow": true}
"""


class Sink:
    def __init__(self) -> None:
        self.records: list[DecisionRecord] = []

    def decided(self, record: DecisionRecord) -> None:
        self.records.append(record)


@pytest.fixture
def policy(write: Callable[[dict[str, str]], Path]) -> EmbeddedPolicy:
    return EmbeddedPolicy(write({"p.rego": POLICY}))


async def test_all_four_entry_points_tell_what_they_decided(policy: EmbeddedPolicy, facts: RequestFacts) -> None:
    sink = Sink()
    engine = RecordedPolicies(FixedPolicies(InProcess(policy)), sink).engine(WHO, "X1")
    found = FindingFacts("EMAIL_ADDRESS", "pii.direct", 2, 1, 1.0, "pattern", "content")
    asked = [
        (engine.request, facts),
        (engine.response, AnswerFacts(WHO, "m", "local", "openai.chat", True, "now", "content", 0, 1, found)),
        (engine.tool, ToolFacts(WHO, "m", "local", "openai.chat", True, "now", OneCall("mail", True, True, {}))),
        (engine.admin, AdminFacts(WHO, "policy.show", "now")),
    ]
    given = [await ask(about) for ask, about in asked]  # type: ignore[operator]
    assert [record.point for record in sink.records] == ["request", "response", "tool", "admin"]
    assert [record.decision for record in sink.records] == given
    assert [record.facts for record in sink.records] == [about for _, about in asked]
    assert {record.exchange for record in sink.records} == {"X1"}
    assert {record.generation for record in sink.records} == {policy.generation}
    assert len({record.decision_id for record in sink.records}) == 4
    assert all(record.elapsed_ns > 0 and not record.error for record in sink.records)


async def test_undefined_and_failed_decisions_are_told_as_well(policy: EmbeddedPolicy, facts: RequestFacts) -> None:
    sink = Sink()
    engine = RecordedPolicies(FixedPolicies(InProcess(policy)), sink).engine(WHO, "X1")
    undefined = await engine.request(msgspec.structs.replace(facts, model="undefined"))
    assert undefined.deny[0].code == "policy_undefined"
    with pytest.raises(PolicyError) as caught:
        await engine.request(msgspec.structs.replace(facts, model="broken"))
    first, second = sink.records
    assert first.decision == undefined
    assert (second.decision, second.error) == (None, caught.value.message)
    assert second.generation == policy.generation


async def test_a_records_repr_shows_no_facts(policy: EmbeddedPolicy, facts: RequestFacts) -> None:
    sink = Sink()
    engine = RecordedPolicies(FixedPolicies(InProcess(policy)), sink).engine(WHO)
    message = msgspec.structs.replace(facts.messages[0], text="Ada Lovelace")
    await engine.request(msgspec.structs.replace(facts, messages=(message,)))
    assert "Ada" not in repr(sink.records[0])
