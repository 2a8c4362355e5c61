"""Runs the tests of a policy: the `test_` rules of `*_test.rego` files, in OPA's convention.

A test passes when its rule is true; undefined and false fail, and `todo_test_` rules are skipped
(https://www.openpolicyagent.org/docs/policy-testing). Tests run on the engine that serves requests, not on a stand-in.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from guard.errors import ConfigError, PolicyError
from guard.policy.outline import Rule, outline
from guard.policy.program import Program
from guard.policy.source import Module, Source, naming, read

_TEST: Final = "test_"
_LATER: Final = "todo_test_"


class RuleResult(msgspec.Struct, frozen=True):
    """One test's outcome. `name` is `package.rule`, `file` its path below the directory; `detail` says what failed.

    A skipped test (`todo_test_…`) did not run; it counts as passed.
    """

    name: str
    file: str
    passed: bool
    detail: str = ""
    line: int = 0
    skipped: bool = False


class RuleTest(msgspec.Struct, frozen=True):
    """A test rule, where its head stands. Lines count from one."""

    file: str
    package: str
    rule: str
    line: int

    @property
    def name(self) -> str:
        """`package.rule`"""
        return f"{self.package}.{self.rule}"

    @property
    def entrypoint(self) -> str:
        """How the engine is asked for it."""
        return self.name.replace(".", "/")

    @property
    def skipped(self) -> bool:
        """Whether it waits to be written."""
        return self.rule.startswith(_LATER)


def run_tests(path: Path) -> tuple[RuleResult, ...]:
    """Runs every test rule below a directory, in the order of files and lines; none gives an empty tuple.

    Raises ConfigError that names file, line and cure if the policy or a test does not compile.
    """
    source = read(path, tests=True)
    with naming(str(path)):
        return run_tests_of(source)


def run_tests_of(source: Source) -> tuple[RuleResult, ...]:
    """The same for policies that have been read with their tests."""
    tests = find_tests(source)
    asked = tuple(test.entrypoint for test in tests if not test.skipped)
    program = Program(source, asked) if asked else None
    return tuple(_run(program, test) for test in tests)


def find_tests(source: Source) -> tuple[RuleTest, ...]:
    """The test rules of a source, each once, in the order of files and lines. Raises ConfigError."""
    return tuple(test for module in source.modules if module.is_test for test in _tests(module))


def _tests(module: Module) -> Iterator[RuleTest]:
    found = outline(module.text)
    if not found.package:
        raise ConfigError(f"{module.name}: names no package: begin it with `package guard_test`")
    heads: dict[str, Rule] = {}
    for rule in found.rules:
        if rule.name.startswith((_TEST, _LATER)):
            heads.setdefault(rule.name, rule)
    for name, rule in heads.items():
        yield RuleTest(module.name, found.package, name, rule.line)


def _run(program: Program | None, test: RuleTest) -> RuleResult:
    if test.skipped or program is None:
        return result(test, True)
    try:
        return result(test, program.evaluate(test.entrypoint))
    except PolicyError:
        return result(test, False, "the engine failed: a rule conflicts, or a built-in got a bad value")


def result(test: RuleTest, value: object, detail: str = "") -> RuleResult:
    """What a rule's value means for its test."""
    if value is not True and not detail:
        detail = "undefined" if value is msgspec.UNSET else "not true"
    return RuleResult(test.name, test.file, value is True, detail, test.line, test.skipped)
