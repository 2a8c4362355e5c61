"""What the starter policy does, seen from the outside."""

from pathlib import Path

import msgspec
import pytest

from guard.core.action import Action
from guard.core.facts import RequestFacts
from guard.core.finding import Finding
from guard.policy.embedded import EmbeddedPolicy
from guard.policy.testing import run_tests


@pytest.mark.parametrize(
    ("type_", "action"),
    [
        ("PERSON", Action.REDACT),
        ("EMAIL_ADDRESS", Action.REDACT),
        ("PHONE_NUMBER", Action.REDACT),
        ("CREDIT_CARD", Action.REDACT),
        ("IBAN_CODE", Action.REDACT),
        ("US_SSN", Action.REDACT),
        ("UK_NHS", Action.REDACT),
        ("MEDICAL_RECORD", Action.REDACT),
        ("SECRET_AWS_ACCESS_KEY", Action.REDACT),
        ("SECRET_PRIVATE_KEY", Action.REDACT),
        ("HIDDEN_ZERO_WIDTH", Action.FLAG),
        ("HIDDEN_BIDI", Action.FLAG),
        ("POLICY_MEMBER", Action.BLOCK),
        ("POLICY_TOPIC", Action.ALLOW),
        ("DATE_TIME", Action.ALLOW),
        ("UNSAFE_PROFANITY", Action.FLAG),
        ("OUTPUT_DANGEROUS_CODE", Action.FLAG),
    ],
)
def test_the_starter_policy_treats_prompts_and_answers_alike(
    starter: Path, facts: RequestFacts, type_: str, action: Action
) -> None:
    decision = EmbeddedPolicy(starter).request(facts)
    finding = Finding(type=type_, start=0, end=1)

    assert decision.prompt_plan().action(finding) is action
    assert decision.answer_plan().action(finding) is action


@pytest.mark.parametrize(
    ("type_", "prompt", "answer"),
    [
        ("INJECTION_OVERRIDE", Action.BLOCK, Action.FLAG),
        ("INJECTION_INDIRECT", Action.REDACT, Action.FLAG),
        ("OUTPUT_EXFIL_LINK", Action.FLAG, Action.REDACT),
        ("OUTPUT_PROMPT_LEAK", Action.FLAG, Action.REDACT),
    ],
)
def test_attacks_are_stopped_on_the_way_in_and_leaks_on_the_way_out(
    starter: Path, facts: RequestFacts, type_: str, prompt: Action, answer: Action
) -> None:
    decision = EmbeddedPolicy(starter).request(facts)
    finding = Finding(type=type_, start=0, end=1)

    assert decision.prompt_plan().action(finding) is prompt
    assert decision.answer_plan().action(finding) is answer


def test_the_starter_policy_denies_nothing_and_lets_no_smuggling_member_through(
    starter: Path, facts: RequestFacts
) -> None:
    decision = EmbeddedPolicy(starter).request(msgspec.structs.replace(facts, members=("documents",)))

    assert decision.deny == ()
    assert decision.members == ()


def test_the_starter_policys_own_tests_pass(lean: Path) -> None:
    results = run_tests(lean)

    assert [result.name for result in results if not result.passed] == []
    assert len(results) >= 12
