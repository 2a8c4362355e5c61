"""Runs the tests of a policy: the `test_` rules of `*_test.rego` files, in OPA's convention.

A test passes when its rule is true; undefined and false fail, and `todo_test_` rules are skipped
(https://www.openpolicyagent.org/docs/policy-testing). Tests run on the engine that serves requests, not on a stand-in.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from guard.errors import ConfigError, PolicyError
from guard.policy.outline import Rule, outline
from guard.policy.program import Program
from guard.policy.source import Module, Source, naming, read

T = TypeVar("T")

_EMPTY: Final = "package guard_unread\n"
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
    found = by_file(find_tests(source))
    return tuple(done for file, tests in found.items() for done in _run_file(source, file, tests))


def by_file(tests: Sequence[RuleTest]) -> Mapping[str, Sequence[RuleTest]]:
    """Tests by their files, in order."""
    return {file: [test for test in tests if test.file == file] for file in dict.fromkeys(test.file for test in tests)}


def compiled(source: Source, file: str, compile_: Callable[[Source], T]) -> T:
    """What `compile_` makes of a source with the tests of one file alone, or of all of it, if that does not do.

    The engine copies every rule for each `with`: all files of tests at once take gigabytes. Modules keep their places.
    """
    for beside in (False, True):
        needed = _needed(source.modules, file, beside)
        alone = tuple(module if module.name in needed else Module(module.name, _EMPTY) for module in source.modules)
        try:
            return compile_(msgspec.structs.replace(source, modules=alone))
        except ConfigError:
            # It may need a rule of another file of tests; and if it is wrong, all of them together say where.
            continue
    return compile_(source)


def _needed(modules: Sequence[Module], file: str, beside: bool) -> set[str]:
    """The names of modules that are no tests, of the file, and of test modules whose packages it names.

    `beside`: also of those in its own package.
    """
    own = {outline(module.text).package for module in modules if module.name == file} if beside else set()
    needed = {
        module.name
        for module in modules
        if not module.is_test or module.name == file or outline(module.text).package in own
    }
    texts = [module.text for module in modules if module.name == file]
    while texts:
        text = texts.pop()
        for module in modules:
            package = outline(module.text).package
            if module.name not in needed and re.search(rf"\bdata\.{re.escape(package)}\b", text):
                needed.add(module.name)
                texts.append(module.text)
    return needed


def _run_file(source: Source, file: str, tests: Sequence[RuleTest]) -> Iterator[RuleResult]:
    asked = tuple(test.entrypoint for test in tests if not test.skipped)
    program = compiled(source, file, lambda part: Program(part, asked)) if asked else None
    return (_run(program, test) for test in tests)


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
