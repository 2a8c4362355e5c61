"""Two decisions differ where an exchange would notice, and a difference has a name that holds no text."""

import pytest

from guard.core.difference import differences
from guard.core.record import AnyFacts
from guard.policy.decision import parse_decision
from guard.policy.point_decision import parse_admin, parse_answer, parse_tool
from tests.audit.decided import ADMIN, ANSWER, REQUEST, TOOL

LATE = {"code": "late", "message": "come earlier"}
FULL = {"code": "full", "message": "come later"}


def told(facts: AnyFacts, live: object, candidate: object) -> list[str]:
    parse = {
        type(REQUEST): parse_decision,
        type(TOOL): parse_tool,
        type(ANSWER): parse_answer,
        type(ADMIN): parse_admin,
    }[type(facts)]
    found = differences(facts, parse(live, "g1"), parse(candidate, "g2"))  # type: ignore[operator]
    return [f"{one.kind} {one.detail}".strip() for one in found]


@pytest.mark.parametrize(
    ("live", "candidate", "expected"),
    [
        ({}, {}, []),
        ({"actions": {"*": "redact"}}, {"actions": {"*": "redact"}}, []),
        ({}, {"deny": [LATE]}, ["deny +late"]),
        ({"deny": [LATE]}, {}, ["deny -late"]),
        ({"deny": [LATE]}, {"deny": [FULL]}, ["deny +full", "deny -late"]),
        ({"deny": [LATE]}, {"deny": [LATE], "actions": {"*": "block"}}, []),
        ({}, {"prompt_actions": {"pii": "block"}}, ["prompt_action EMAIL_ADDRESS: allow > block"]),
        ({}, {"prompt_actions": {"secret": "block"}}, []),
        ({"prompt_actions": {"pii": "flag"}}, {"prompt_actions": {"EMAIL_ADDRESS": "flag"}}, []),
        ({}, {"answer_actions": {"secret": "block"}}, ["answer_action secret: unsaid > block"]),
        ({}, {"require_approval": True}, ["require_approval"]),
        ({"require_approval": True}, {"require_approval": {"reason": "other"}}, []),
        ({}, {"route": {"backend": "local"}}, ["route"]),
        ({"limits": {"max_tokens": 9}}, {"limits": {"max_tokens": 8}}, ["limits"]),
        ({}, {"parameters": {"force": {"user": None}}}, ["parameters"]),
        ({}, {"members": ["documents"]}, ["members"]),
        ({}, {"styles": {"pii": "drop"}}, ["styles"]),
        ({}, {"release": "optimistic"}, ["release"]),
        ({}, {"classifiers": []}, ["classifiers"]),
        ({}, {"thresholds": {"PERSON": 0.5}}, ["thresholds"]),
        ({}, {"on_failure": "release"}, ["on_failure"]),
        ({"labels": {"a": "x"}}, {"labels": {"a": "y", "b": "z"}}, ["labels a", "labels b"]),
        ({}, {"labels": {"Ada Lovelace": "x"}}, ["labels *"]),
    ],
)
def test_decisions_on_requests(live: object, candidate: object, expected: list[str]) -> None:
    assert told(REQUEST, live, candidate) == expected


@pytest.mark.parametrize(
    ("facts", "live", "candidate", "expected"),
    [
        (TOOL, {}, {"deny": [LATE]}, ["deny +late"]),
        (TOOL, {"redact": ["$.a"]}, {"bounds": {"$.b": {"max": 1}}}, ["redact", "bounds"]),
        (TOOL, {}, {"require_approval": True}, ["require_approval"]),
        (ANSWER, {}, {"action": "block"}, ["answer_action unsaid > block"]),
        (ANSWER, {"action": "flag"}, {"action": "flag"}, []),
        (ADMIN, {"allow": True}, {}, ["allow yes > no"]),
        (ADMIN, {}, {"deny": [LATE]}, []),
    ],
)
def test_decisions_elsewhere(facts: AnyFacts, live: object, candidate: object, expected: list[str]) -> None:
    assert told(facts, live, candidate) == expected


def test_no_decision_is_a_difference_of_its_own() -> None:
    decision = parse_decision({}, "g")
    assert [one.detail for one in differences(REQUEST, decision, None)] == ["candidate"]
    assert [one.detail for one in differences(REQUEST, None, decision)] == ["live"]
    assert differences(REQUEST, None, None) == ()
