"""Runs a policy's tests with a trace: what failed and where it stopped, and which lines the tests reach.

The engine's value decides whether a test passes. Where the interpreter comes to another, the test is named, for its
trace and its share of the coverage may be wrong.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from guard.policy.source import Source, naming, read
from guard.policy.testing import RuleResult, RuleTest, by_file, compiled, find_tests, result
from guard.policy.trace.coverage import Coverage, Ran, coverage
from guard.policy.trace.tracer import Spot, Stop, Traced, Tracer

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
        traced = [pair for file, some in by_file(tests).items() for pair in _trace_file(source, file, some)]
    planned = frozenset[Spot]().union(*(lines for _, lines in traced))
    traces = [trace for trace, _ in traced]
    return TestRun(
        results=tuple(map(_result, tests, traces)),
        coverage=coverage(source.modules, _ran(traces, planned)),
        differing=tuple(test.name for test, trace in zip(tests, traces, strict=True) if not trace.agrees),
    )


def _trace_file(source: Source, file: str, tests: Sequence[RuleTest]) -> list[tuple[Traced, frozenset[Spot]]]:
    """One file's tests, each with the lines that there are in its plan."""
    asked = [test.entrypoint for test in tests if not test.skipped]
    if not asked:
        return [(_SKIPPED, frozenset())] * len(tests)
    tracer = compiled(source, file, lambda part: Tracer(part, asked))
    planned = tracer.planned
    return [(_SKIPPED if test.skipped else tracer.trace(test.entrypoint), planned) for test in tests]


def _ran(traces: Sequence[Traced], planned: frozenset[Spot]) -> Ran:
    return Ran(
        heads={spot for traced in traces for spot in traced.heads},
        lines={spot for traced in traces for spot in traced.lines},
        planned=planned,
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
