"""A Rego answer becomes a decision, or an error that names the key and the cure."""

import pytest

from guard.core.action import Action
from guard.core.decision import Decision, Denial
from guard.core.plan import FailureMode
from guard.errors import PolicyError
from guard.policy.decision import parse_decision

REASON = "the policy denies this request"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({}, Decision(generation="g")),
        ({"deny": []}, Decision(generation="g")),
        ({"deny": ["no"]}, Decision(deny=(Denial("policy_denied", "no"),), generation="g")),
        ({"deny": [""]}, Decision(deny=(Denial("policy_denied", REASON),), generation="g")),
        ({"deny": [{}]}, Decision(deny=(Denial("policy_denied", REASON),), generation="g")),
        ({"deny": [{"code": "late"}]}, Decision(deny=(Denial("late", REASON),), generation="g")),
        ({"deny": [{"code": "a", "message": "b"}]}, Decision(deny=(Denial("a", "b"),), generation="g")),
        (
            {"actions": {"EMAIL_ADDRESS": "allow", "pii": "flag", "pii.direct": "redact", "*": "block"}},
            Decision(
                actions={
                    "EMAIL_ADDRESS": Action.ALLOW,
                    "pii": Action.FLAG,
                    "pii.direct": Action.REDACT,
                    "*": Action.BLOCK,
                },
                generation="g",
            ),
        ),
        ({"prompt_actions": {"secret": "block"}}, Decision(prompt_actions={"secret": Action.BLOCK}, generation="g")),
        ({"answer_actions": {"URL": "allow"}}, Decision(answer_actions={"URL": Action.ALLOW}, generation="g")),
        ({"thresholds": {"PERSON": 0.8, "*": 1}}, Decision(thresholds={"PERSON": 0.8, "*": 1.0}, generation="g")),
        ({"members": ["documents", "a.b"]}, Decision(members=("documents", "a.b"), generation="g")),
        ({"hold_chars": 512}, Decision(hold_chars=512, generation="g")),
        ({"on_failure": "release"}, Decision(on_failure=FailureMode.RELEASE, generation="g")),
        ({"labels": {"team": "blue"}}, Decision(labels={"team": "blue"}, generation="g")),
    ],
)
def test_an_answer_becomes_a_decision(answer: object, expected: Decision) -> None:
    assert parse_decision(answer, "g") == expected


@pytest.mark.parametrize(
    ("answer", "names", "cure"),
    [
        (None, "the decision", "object"),
        (True, "the decision", "object"),
        ([], "the decision", "object"),
        ({"actons": {}}, "`actons`", "`actions`"),
        ({"generation": "x"}, "`generation`", "did you mean"),
        ({"allow": True}, "`allow`", "use one of actions"),
        ({"deny": True}, "deny", "contains"),
        ({"deny": {"x": True}}, "deny", "contains"),
        ({"deny": "no"}, "deny", "contains"),
        ({"deny": [3]}, "deny", "object"),
        ({"deny": [{"code": "Not A Code"}]}, "code in deny", "lower case"),
        ({"deny": [{"code": 3}]}, "code in deny", "lower case"),
        ({"deny": [{"message": 3}]}, "message in deny", "string"),
        ({"deny": [{"code": "a", "status": 403}]}, "deny", "remove"),
        ({"actions": []}, "actions", "object"),
        ({"actions": {"secret": "redcat"}}, "`redcat`", "`redact`"),
        ({"actions": {"secret": "REDACT"}}, "actions", "use one of allow, block, flag, redact"),
        ({"actions": {"secret": 3}}, "actions", "use one of allow, block, flag, redact"),
        ({"actions": {"pii.dirct": "redact"}}, "`pii.dirct`", "`pii.direct`"),
        ({"answer_actions": {"secrets": "redact"}}, "`secrets`", "`secret`"),
        ({"thresholds": {"PERSON": 2}}, "thresholds", "from 0 to 1"),
        ({"thresholds": {"PERSON": True}}, "thresholds", "from 0 to 1"),
        ({"thresholds": {"PERSON": float("nan")}}, "thresholds", "from 0 to 1"),
        ({"members": {"documents": True}}, "members", "contains"),
        ({"members": [1]}, "members", "string"),
        ({"hold_chars": 0}, "hold_chars", "1 to 1048576"),
        ({"hold_chars": True}, "hold_chars", "1 to 1048576"),
        ({"hold_chars": 10.5}, "hold_chars", "1 to 1048576"),
        ({"hold_chars": 2**40}, "hold_chars", "1 to 1048576"),
        ({"on_failure": "open"}, "on_failure", "use one of block, release"),
        ({"on_failure": "blok"}, "`blok`", "`block`"),
        ({"labels": {"team": 3}}, "labels", "string"),
    ],
)
def test_what_is_not_understood_is_an_error_with_a_cure(answer: object, names: str, cure: str) -> None:
    with pytest.raises(PolicyError) as caught:
        parse_decision(answer, "g")

    assert names in caught.value.message
    assert cure in caught.value.message


@pytest.mark.parametrize(
    "answer", [{"my name is Jo": 1}, {"actions": {"secret": "call +1 555 0100"}}, {"actions": {"a@b.example": "flag"}}]
)
def test_an_error_quotes_words_only_never_text(answer: dict[str, object]) -> None:
    with pytest.raises(PolicyError) as caught:
        parse_decision(answer, "g")

    for text in ("Jo", "555", "a@b"):
        assert text not in caught.value.message
