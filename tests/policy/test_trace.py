"""The interpreter comes to what the engine comes to, and tells which rules held, on what, and where others stopped."""

from collections.abc import Callable
from pathlib import Path

import pytest

from guard.policy.source import read
from guard.policy.testing import find_tests
from guard.policy.trace.tracer import Traced, Tracer

Write = Callable[[dict[str, str]], Path]

INPUT = {
    "xs": [1, 2, 3],
    "o": {"a": 3, "b": 4},
    "s": "q é",
    "n": None,
    "t": True,
    "f": 1.5,
    "findings": [{"type": "A", "score": 0.2}, {"type": "B", "score": 0.9}],
    "identity": {"tier": "free"},
}
FUNCTIONS = """
els(x) := "a" if x == 1
else := "b" if x == 2
else := "c"

f(1) := "one"

f(3) := "three"

part[k] := v if some k, v in input.o

part["lit"] := 4

part.dot := 5

some_set contains x if some x in input.xs

default fallback := "fallback"

fallback := "set" if input.missing

loud contains finding.type if {
	some finding in input.findings
	finding.score > 0.5
}
"""
VALUES = [
    "input.xs",
    "input.missing",
    "input.s",
    '[`raw \\n "x"`, "q\\"\\n é", 1e3, -2, 1.5, null, true]',
    '{"set": {1, 1, 2}, "none": set(), "object": {"k": input.n}}',
    "{x | some x in input.xs; x > 1}",
    "{k: v | some k, v in input.o; not v == 3}",
    "[x | x := input.xs[_]; x != 2]",
    "count({x | some x in input.xs} & {2, 3, 4}) + 1.5",
    "{1, 2} | {2, 3}",
    "{1, 2} - {2}",
    "input.xs[0] < input.f",
    "[els(1), els(2), els(9)]",
    "f(3)",
    "f(7)",
    "part",
    "some_set",
    "fallback",
    "loud",
    "data.plain.list[1]",
    "data.sample.part.lit",
    'sprintf("%s %d", ["x", 3])',
    "object.keys(input.o)",
    'object.get(input, ["identity", "tier"], "none")',
    "[path | walk(input.o, [path, value]); is_number(value)]",
    '"b" in object.keys(input.o)',
    'concat("-", sort(some_names))',
    'count([{"a": {x | some x in input.findings}}])',
    "union({{1}, {2}}) - {2}",
    "1 == true",
    "{true: 1, 1: 2}[1]",
    'json.unmarshal("{\\"a\\": [1]}")',
    "input",
]
CONDITIONS = [
    "every x in input.xs { x > 0 }",
    "every x in input.xs { x > 1 }",
    "not input.missing",
    "not input.t",
    "some i; input.xs[i] == 2; i == 1",
    '[a, _] = ["x", 2]; a == "x"',
    '{"a": y} = {"a": 7}; y == 7',
    'count(input.xs) == 3; startswith(input.s, "q")',
    "x := input.xs[_]; x > 2",
    "input.missing.deeper",
    "input.xs.a",
    "some a in input.xs; some b in input.xs; a + b == 6",
]


@pytest.fixture
def trace(write: Write) -> Callable[[str], Traced]:
    def run(rules: str) -> Traced:
        text = f'package sample\n\n{rules}\n{FUNCTIONS}\nsome_names := ["y", "x"]\n'
        directory = write({"a.rego": text, "data.json": '{"plain": {"list": ["p", "q"]}}'})
        return Tracer(read(directory), ["sample/request"]).trace("sample/request", INPUT)

    return run


@pytest.mark.parametrize("value", VALUES)
def test_a_value_is_what_the_engine_says(trace: Callable[[str], Traced], value: str) -> None:
    traced = trace(f"request := {value}")

    assert (traced.agrees, traced.failure) == (True, "")


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_condition_holds_where_the_engine_says(trace: Callable[[str], Traced], condition: str) -> None:
    traced = trace(f"request if {{ {condition} }}")

    assert (traced.agrees, traced.failure) == (True, "")


def test_the_starter_policys_tests_are_retraced_alike(lean: Path) -> None:
    source = read(lean, tests=True)
    tests = [test.entrypoint for test in find_tests(source)]
    tracer = Tracer(source, tests)

    assert [test for test in tests if not tracer.trace(test).agrees] == []


def test_rules_that_held_are_named_with_what_they_read(trace: Callable[[str], Traced]) -> None:
    traced = trace(
        'request := {"deny": deny}\n\ndeny contains "x" if {\n\tinput.identity.tier == "free"\n\t"B" in loud\n}'
    )

    held = {(rule.rule, rule.line): rule.reads for rule in traced.fired}
    assert held["sample.deny", 5] == ("input.identity.tier",)
    assert held["sample.request", 3] == ()
    ((_, reads),) = [(key, reads) for key, reads in held.items() if key[0] == "sample.loud"]
    assert reads == ("input.findings[1].score", "input.findings[1].type")
    assert not any(name == "sample.fallback" for name, _ in held)


def test_a_rule_that_did_not_hold_is_not_named(trace: Callable[[str], Traced]) -> None:
    traced = trace('request := {"deny": deny}\n\ndeny contains "x" if input.identity.tier == "gold"')

    assert "sample.deny" not in {rule.rule for rule in traced.fired}


@pytest.mark.parametrize(
    ("rules", "line", "text"),
    [
        ("request if {\n\tinput.t\n\tinput.xs[0] == 7\n\tinput.f\n}", 5, "input.xs[0] == 7"),
        ("request if {\n\tsome x in input.xs\n\tx > 2\n\tx >\n\t\t5\n}", 6, "x > 5"),
        ("request if input.missing", 3, "request if input.missing"),
        ("request if {\n\tinput.t\n\tnot input.t # why\n}", 5, "not input.t # why"),
    ],
)
def test_an_undefined_rule_is_told_where_it_stopped(
    trace: Callable[[str], Traced], rules: str, line: int, text: str
) -> None:
    place = trace(rules).place

    assert place is not None
    assert (place.file, place.line, place.text) == ("a.rego", line, text)


@pytest.mark.parametrize(
    ("rules", "says", "line"),
    [
        ("request := x\n\nx := 1 if input.t\n\nx := 2 if {\n\tinput.f\n}", "different values", 8),
        ('request := x\n\nx["a"] := 1\n\nx["a"] := y if {\n\ty := input.f\n}', "different values", 8),
        ("request := x\n\nx := 1\n\nx := 2", "different values", 7),
        ("request := x if {\n\ty := input.s\n\tx := to_number(y)\n}", "to_number has no value for a string", 5),
    ],
)
def test_a_failure_is_told_with_its_place(trace: Callable[[str], Traced], rules: str, says: str, line: int) -> None:
    traced = trace(rules)

    assert says in traced.failure
    assert traced.place is not None
    assert (traced.place.file, traced.place.line) == ("a.rego", line)
    assert INPUT["s"] not in traced.failure


def test_a_trace_is_bounded(write: Write) -> None:
    text = "package sample\n\nrequest if {\n\tsome a, b in range\n\ta * b < 0\n}\n\nrange := numbers.range(1, 900)\n"
    tracer = Tracer(read(write({"a.rego": text})), ["sample/request"], most_statements=1000)

    traced = tracer.trace("sample/request", {})

    assert not traced.agrees
