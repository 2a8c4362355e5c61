"""Runs the tests of a policy: the `test_` rules of `*_test.rego` files, in OPA's convention.

A test passes when its rule is true; undefined and false fail (https://www.openpolicyagent.org/docs/policy-testing).
Tests run on the engine that serves requests, not on a stand-in.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from guard.errors import ConfigError, PolicyError
from guard.policy.program import Program
from guard.policy.source import Module, Source, naming, read

_PACKAGE: Final = re.compile(r"^package\s+([\w.]+)", re.MULTILINE)
_HEAD: Final = re.compile(r"^(test_\w+)", re.MULTILINE)


class RuleResult(msgspec.Struct, frozen=True):
    """One test's outcome. `name` is `package.rule`, `file` its path below the directory; `detail` says what failed."""

    name: str
    file: str
    passed: bool
    detail: str = ""


class _Test(msgspec.Struct, frozen=True):
    file: str
    package: str
    rule: str

    @property
    def entrypoint(self) -> str:
        return f"{self.package.replace('.', '/')}/{self.rule}"


def run_tests(path: Path) -> tuple[RuleResult, ...]:
    """Runs every test rule below a directory, in the order of files and lines; none gives an empty tuple.

    Raises ConfigError that names file, line and cure if the policy or a test does not compile.
    """
    source = read(path, tests=True)
    with naming(str(path)):
        return run_tests_of(source)


def run_tests_of(source: Source) -> tuple[RuleResult, ...]:
    """The same for policies that have been read with their tests."""
    tests = tuple(test for module in source.modules if module.is_test for test in _tests(module))
    if not tests:
        return ()
    program = Program(source, tuple(test.entrypoint for test in tests))
    return tuple(_run(program, test) for test in tests)


def _tests(module: Module) -> Iterator[_Test]:
    package = _PACKAGE.search(module.text)
    if package is None:
        raise ConfigError(f"{module.name}: names no package: begin it with `package guard_test`")
    for rule in dict.fromkeys(_HEAD.findall(module.text)):
        yield _Test(module.name, package[1], rule)


def _run(program: Program, test: _Test) -> RuleResult:
    name = f"{test.package}.{test.rule}"
    try:
        value = program.evaluate(test.entrypoint)
    except PolicyError:
        return RuleResult(name, test.file, False, "the engine failed: a rule conflicts, or a built-in got a bad value")
    if value is True:
        return RuleResult(name, test.file, True)
    return RuleResult(name, test.file, False, "undefined" if value is msgspec.UNSET else "not true")
