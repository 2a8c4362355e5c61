"""Coverage counts the lines that OPA counts: the same lines are missed, line by line, on a real OPA."""

import json
from collections.abc import Callable
from pathlib import Path

from guard.policy.trace.coverage import Coverage
from guard.policy.trace.testing import run_traced
from tests.opa import run_opa

Write = Callable[[dict[str, str]], Path]

POLICY = """package sample

default request := {"deny": ["none"]}

request := {
	"deny": deny,
	"labels": {"letter": letter(input.x)},
}

letter(x) := "a" if {
	input.nothing == x
} else := "b" if {
	x == 2
} else := "c"

deny contains "some" if {
	some i
	input.xs[i] == 2
	i >= 1
}

deny contains "every" if {
	every x in input.xs {
		x > 0
	}
	input.missing
}

deny contains "never" if {
	count(input.xs) == 17
	input.model == "x"
}

unused if input.model

kept := [y |
	some y in input.xs
	y > 100
	y < 300
]

deny contains "kept" if {
	count(kept) > 0
}
"""
TESTS = """package guard_test

import data.sample

test_some if {
	decision := sample.request with input.xs as [1, 2] with input.x as 2
	"some" in decision.deny
}
"""
ONLY_GUARD = {39}
"""OPA counts all lines of a head as covered once the rule held, though an expression in it was never evaluated."""


def test_the_lines_that_no_test_reaches_are_opas_in_the_starter_policy(starter: Path) -> None:
    ours, opas = _both(starter)

    assert ours == opas


def test_the_lines_that_no_test_reaches_are_opas_but_for_those_in_heads(write: Write) -> None:
    ours, opas = _both(write({"a.rego": POLICY, "a_test.rego": TESTS}))

    assert len(ours["a.rego"]) > 5
    assert ours["a.rego"] - ONLY_GUARD == opas["a.rego"]


def _both(directory: Path) -> tuple[dict[str, set[int]], dict[str, set[int]]]:
    """Lines that are missed, of those on which a head or an expression begins.

    What OPA's index of rules passed over need not be missed by an engine that has none.
    """
    report = json.loads(run_opa("test", "--coverage", directory).stdout)["files"]
    files = run_traced(directory).coverage.files
    opas = {file.file: _missed(report[str(directory / file.file)]) for file in files}
    ours = {file.file: set(file.missed) for file in files}
    return ours, {file.file: opas[file.file] & {*file.covered, *file.missed} for file in files}


def _missed(file: dict) -> set[int]:
    ranges = [one for one in file.get("not_covered", []) if "index_excluded" not in one.get("kinds", [])]
    return {line for one in ranges for line in range(one["start"]["row"], one["end"]["row"] + 1)}


def test_the_share_counts_heads_and_expressions(write: Write) -> None:
    policy = "package sample\n\nrequest if {\n\tinput.a\n\tinput.b\n}\n\nunused := 1\n"
    tests = "package t\n\nimport data.sample\n\ntest_a if {\n\tnot sample.request with input.a as true\n}\n"

    (file,) = run_traced(write({"a.rego": policy, "a_test.rego": tests})).coverage.files

    assert (file.covered, file.missed) == ((4, 5), (3, 8))


def test_without_tests_nothing_is_reached(write: Write) -> None:
    run = run_traced(write({"a.rego": "package sample\n\nrequest := {}\n"}))

    assert (run.results, run.coverage.percent) == ((), 0)


def test_nothing_to_reach_is_all_reached() -> None:
    assert Coverage(()).percent == 100
