"""Runs a policy's tests with a trace: what failed and where it stopped, and which lines the tests reach.

The engine's value decides whether a test passes. Where the interpreter comes to another, the test is named, for its
trace and its share of the coverage may be wrong.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from guard.policy.source import naming, read
from guard.policy.testing import RuleResult, RuleTest, find_tests, result
from guard.policy.trace.coverage import Coverage, Ran, coverage
from guard.policy.trace.tracer import Stop, Traced, Tracer

_SKIPPED: Final = Traced(value=True, fired=(), agrees=True)


class TestRun(msgspec.Struct, frozen=True):
    """Results in the order of files and lines, what they cover, and the names of tests whose trace differs."""

    __test__ = False

    results: tuple[RuleResult, ...]
    coverage: Coverage
    differing: tuple[str, ...]

    @property
    def failed(self) -> int:
        """How many tests failed."""
        return sum(not result.passed for result in self.results)

    @property
    def skipped(self) -> int:
        """How many tests wait to be written."""
        return sum(result.skipped for result in self.results)


def run_traced(path: Path, only: re.Pattern[str] | None = None) -> TestRun:
    """Runs the tests below a directory whose full name (`data.package.rule`) `only` matches anywhere; all by default.

    Raises ConfigError that names file, line and cure if the policy or a test does not compile.
    """
    source = read(path, tests=True)
    with naming(str(path)):
        tests = [test for test in find_tests(source) if only is None or only.search(f"data.{test.name}")]
        asked = [test.entrypoint for test in tests if not test.skipped]
        tracer = Tracer(source, asked) if asked else None
    traces = [tracer.trace(test.entrypoint) if tracer and not test.skipped else _SKIPPED for test in tests]
    return TestRun(
        results=tuple(map(_result, tests, traces)),
        coverage=coverage(source.modules, _ran(traces, tracer)),
        differing=tuple(test.name for test, traced in zip(tests, traces, strict=True) if not traced.agrees),
    )


def _ran(traces: Sequence[Traced], tracer: Tracer | None) -> Ran:
    return Ran(
        heads={spot for traced in traces for spot in traced.heads},
        lines={spot for traced in traces for spot in traced.lines},
        planned=tracer.planned if tracer else frozenset(),
    )


def _result(test: RuleTest, traced: Traced) -> RuleResult:
    if traced.value is True:
        return result(test, True)
    if traced.failure:
        return result(test, False, f"the engine failed{_at(traced.place, test)}: {traced.failure}")
    what = "undefined" if traced.value is msgspec.UNSET else "not true"
    return result(test, False, f"{what}{_at(traced.place, test)}")


def _at(place: Stop | None, test: RuleTest) -> str:
    """Where it stopped: the line alone if it is in the test's own file."""
    if place is None:
        return ""
    file = "" if place.file == test.file else f"{place.file} "
    return f" at {file}line {place.line}, `{place.text}`"
