"""A decision is told in a policy's words, and those words make the same decision again."""

import msgspec
import pytest

from guard.core.decision_json import decision_json
from guard.core.record import AnyDecision
from guard.policy.decision import parse_decision
from guard.policy.point_decision import parse_admin, parse_answer, parse_tool

REQUESTS = [
    {},
    {"deny": [{"code": "late", "message": "come earlier", "internal": "after hours"}]},
    {"actions": {"*": "redact", "EMAIL_ADDRESS": "allow"}, "answer_actions": {"secret": "block"}},
    {"styles": {"pii": "surrogate"}, "thresholds": {"PERSON": 0.5}, "members": ["documents"]},
    {"hold_chars": 512, "release": "optimistic", "ahead_chars": 20, "classifiers": [], "on_failure": "release"},
    {"route": {"backend": "local"}, "limits": {"max_tokens": 10, "tokens_per_s": 2.5}, "labels": {"team": "blue"}},
    {"parameters": {"allow": [], "force": {"user": None, "n": 1, "logprobs": False}, "max": {"temperature": 0.5}}},
    {"require_approval": {"reason": "much money", "timeout_s": 5.0}},
    {"require_approval": {}},
]
TOOLS = [
    {"deny": [{"code": "policy_denied", "message": "no mail"}], "redact": ["$.to"]},
    {"bounds": {"$.amount": {"min": 0, "max": 10.5, "clamp": True}, "$.unit": {"one_of": ["kg", 1, None]}}},
]
CASES = [
    *((parse_decision, case) for case in REQUESTS),
    *((parse_tool, case) for case in TOOLS),
    (parse_answer, {"action": "block", "labels": {"a": "b"}}),
    (parse_answer, {}),
    (parse_admin, {"allow": True}),
    (parse_admin, {"deny": [{"code": "no", "message": "nobody may"}]}),
]


@pytest.mark.parametrize(("parse", "words"), CASES, ids=lambda case: str(case)[:60])
def test_a_decision_is_told_in_the_words_that_make_it(parse: object, words: dict[str, object]) -> None:
    assert callable(parse)
    decision: AnyDecision = parse(words, "g")
    told = msgspec.json.decode(decision_json(decision))
    assert told == words
    assert parse(told, "g") == decision
