"""`test_` rules run on the engine that serves requests."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from guard.errors import ConfigError
from guard.policy.testing import RuleResult, run_tests
from guard.policy.trace.testing import run_traced

Write = Callable[[dict[str, str]], Path]

POLICY = 'package guard\n\nrequest := {"deny": deny}\n\ndeny contains "x" if to_number(input.model) > 3\n'
HEAD = "package guard_test\n\nimport data.guard\n\n"


@pytest.mark.parametrize(
    ("rule", "passed", "detail"),
    [
        ('test_it if count(guard.request.deny) == 1 with input.model as "4"', True, ""),
        ('test_it if count(guard.request.deny) == 1 with input.model as "2"', False, "undefined"),
        ("test_it := false", False, "not true"),
        ('test_it := "yes"', False, "not true"),
        ('test_it if count(guard.request.deny) == 0 with input.model as "four"', False, "the engine failed"),
    ],
)
def test_a_rule_passes_only_if_it_is_true(write: Write, rule: str, passed: bool, detail: str) -> None:
    (result,) = run_tests(write({"a.rego": POLICY, "sub/a_test.rego": f"{HEAD}{rule}\n"}))

    assert (result.name, result.file) == ("guard_test.test_it", "sub/a_test.rego")
    assert result.passed is passed
    assert result.detail.startswith(detail)


def test_only_test_rules_of_test_files_run_each_once_in_order_and_those_to_do_not_at_all(write: Write) -> None:
    tests = HEAD + "\n".join(
        ["test_b if true", "todo_test_x := false", "helper := 1", "test_a if helper == 2", "test_a if helper == 1", ""]
    )
    results = run_tests(write({"a.rego": f"{POLICY}\ntest_no := false\n", "a_test.rego": tests}))

    assert results == (
        RuleResult("guard_test.test_b", "a_test.rego", True, line=5),
        RuleResult("guard_test.todo_test_x", "a_test.rego", True, line=6, skipped=True),
        RuleResult("guard_test.test_a", "a_test.rego", True, line=8),
    )


def test_a_policy_without_tests_has_no_results(write: Write) -> None:
    assert run_tests(write({"a.rego": POLICY})) == ()


@pytest.mark.parametrize(
    ("rule", "detail"),
    [
        ('test_it if {\n\tcount(guard.request.deny) == 1 with input.model as "4"\n}', ""),
        (
            'test_it if {\n\tx := guard.request with input.model as "2"\n\tcount(x.deny) == 1\n\tx.y\n}',
            "undefined at line 7, `count(x.deny) == 1`",
        ),
        ("test_it := false", "not true at line 5, `test_it := false`"),
        (
            'test_it if count(guard.request.deny) == 0 with input.model as "four"',
            'the engine failed at sub.rego line 5, `deny contains "x" if to_number(input.model) > 3`: '
            "the built-in function to_number has no value for a string",
        ),
    ],
)
def test_a_traced_run_says_where_a_test_failed(write: Write, rule: str, detail: str) -> None:
    run = run_traced(write({"sub.rego": POLICY, "a_test.rego": f"{HEAD}{rule}\n"}))

    assert [result.detail for result in run.results] == [detail]
    assert run.failed == (detail != "")
    assert run.differing == ()


def test_a_traced_run_can_be_told_which_tests(write: Write) -> None:
    rules = "test_one if true\ntest_two if 1 == 2\ntodo_test_one if true\n"
    directory = write({"a.rego": POLICY, "a_test.rego": f"{HEAD}{rules}"})

    run = run_traced(directory, re.compile(r"data\.guard_test\..*one$"))

    assert [(result.name, result.skipped) for result in run.results] == [
        ("guard_test.test_one", False),
        ("guard_test.todo_test_one", True),
    ]
    assert (run.failed, run.skipped) == (0, 1)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f"{HEAD}test_it if {{\n\tguard.request with input as {{}}\n}}\n", "a_test.rego: line 6: `with input as`"),
        (f"{HEAD}test_it if {{\n", "a_test.rego: line 5: "),
        (f"{HEAD}test_it if modle == 1\n", "a_test.rego: line 5: "),
        ("# nothing here\n", "a_test.rego"),
    ],
)
def test_a_test_that_can_not_run_is_an_error_with_its_place(write: Write, text: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        run_tests(write({"a.rego": POLICY, "a_test.rego": text}))

    assert says in caught.value.message
