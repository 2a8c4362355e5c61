"""What a policy decides is shown with the rules that held, the place of what is wrong, and what looks wrong."""

from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
import pytest

from guard.core.decision import Decision
from guard.core.decision_json import decision_json
from guard.policy.point import POINTS
from guard.policy.source import read
from guard.policy.trace.evaluation import Evaluation, evaluate

Write = Callable[[dict[str, str]], Path]
POINT = {point.name: point for point in POINTS}
HEAD = "package guard\n\n"


@pytest.fixture
def ask(write: Write) -> Callable[..., Evaluation]:
    def evaluated(rules: str, document: Mapping[str, object], point: str = "request") -> Evaluation:
        return evaluate(read(write({"sub/a.rego": HEAD + rules + "\n"})), POINT[point], document)

    return evaluated


def test_a_decision_comes_with_the_rules_that_held(ask: Callable[..., Evaluation]) -> None:
    rules = (
        'request := {"deny": deny}\n\ndeny contains "no" if input.model == "m"\n\ndeny contains "never" if input.stream'
    )

    result = ask(rules, {"model": "m", "stream": False})

    assert isinstance(result.decision, Decision)
    assert [denial.message for denial in result.decision.deny] == ["no"]
    assert [(rule.rule, rule.line, rule.reads) for rule in result.fired] == [
        ("guard.request", 3, ()),
        ("guard.deny", 5, ("input.model",)),
    ]
    assert (result.error, result.warnings, result.answered) == ("", (), True)


def test_no_answer_is_what_guard_makes_of_it(ask: Callable[..., Evaluation]) -> None:
    result = ask('request := {} if input.model == "m"', {"model": "n"})

    assert isinstance(result.decision, Decision)
    assert [denial.code for denial in result.decision.deny] == ["policy_undefined"]
    assert not result.answered


def test_characters_that_the_engine_gets_wrong_are_replaced_as_in_requests(ask: Callable[..., Evaluation]) -> None:
    result = ask('request := {"labels": {"model": input.model}}', {"model": 'a"b'})

    assert isinstance(result.decision, Decision)
    assert result.decision.labels == {"model": "a\ufffdb"}


WRONG = [
    ('request := {"actons": {"pii": "redact"}}', 3, "did you mean `actions`"),
    (
        'request := {\n\t"release": "held",\n\t"actions": {\n\t\t"secret": "redcat",\n\t},\n}',
        6,
        "did you mean `redact`",
    ),
    ('request := {"actions": actions}\n\nactions := {\n\t"pii.dirct": "flag",\n}', 6, "did you mean `pii.direct`"),
    ('request := {"deny": deny}\n\ndeny := "no"', 5, "deny is not a set or an array"),
    (
        'request := {\n\t"release": "held",\n\t"thresholds": {"pii": "high"},\n}',
        5,
        "a score in thresholds is not a number",
    ),
    ('request := {\n\t"hold_chars": 1 - 2,\n}', 4, "hold_chars is not a whole number"),
    ("request := x\n\nx := 1 if input.model\n\nx := 2 if input.stream", 7, "rules conflict"),
    ("request := {} if {\n\ty := input.model\n\tto_number(y) > 3\n}", 5, "to_number has no value for a string"),
    ("request := [1]", 3, "the decision is not an object"),
    ('request := {"labels": {"a": b}}\n\nb := 7', 3, "labels is not a string"),
]


@pytest.mark.parametrize(("rules", "line", "says"), WRONG, ids=[case[2] for case in WRONG])
def test_what_is_no_decision_is_told_with_its_place(
    ask: Callable[..., Evaluation], rules: str, line: int, says: str
) -> None:
    result = ask(rules, {"model": "m", "stream": True})

    assert result.decision is None
    assert result.error.startswith(f"sub/a.rego: line {line}: ")
    assert says in result.error


WARNINGS = [
    (
        "request := {} if not input.stream",
        {"stram": True},
        "the input has stram, which Guard never sends: did you mean stream?",
    ),
    ("request := {} if not input.stream", {}, "the input lacks stream, which the policy reads and Guard always sends"),
    (
        'request := {"thresholds": {"EMAIL_ADRESS": 0.5}}',
        {},
        "thresholds names the finding type EMAIL_ADRESS, which is not known here: did you mean EMAIL_ADDRESS?",
    ),
    ('request := {"actions": {"X_Y": "flag"}}', {}, "nothing of Guard's own finds it"),
]


@pytest.mark.parametrize(("rules", "document", "says"), WARNINGS)
def test_what_looks_like_a_mistake_is_warned_of(
    ask: Callable[..., Evaluation], rules: str, document: Mapping[str, object], says: str
) -> None:
    assert any(says in warning for warning in ask(rules, document).warnings)


@pytest.mark.parametrize(
    ("point", "answer"),
    [("tool", '{"deny": ["x"]}'), ("response", '{"action": "block"}'), ("admin", '{"allow": true}')],
)
def test_each_entry_point_is_asked(ask: Callable[..., Evaluation], point: str, answer: str) -> None:
    result = ask(f"{point} := {answer}", {}, point)

    assert result.decision is not None
    assert msgspec.json.decode(decision_json(result.decision)).keys() == msgspec.json.decode(answer).keys()
