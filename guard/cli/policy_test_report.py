"""Shows a run of policy tests: as lines and a table, or as JSON in the shape of OPA's own reports."""

from collections.abc import Iterator, Sequence

import click
import msgspec
from rich.console import Console
from rich.table import Table

from guard.policy.testing import RuleResult
from guard.policy.trace.coverage import Coverage, FileCoverage, percent
from guard.policy.trace.testing import TestRun


class _Location(msgspec.Struct):
    file: str
    row: int


class _Test(msgspec.Struct, omit_defaults=True):
    """One test as `opa test --format json` names it, and why it failed."""

    location: _Location
    package: str
    name: str
    fail: bool = False
    skip: bool = False
    detail: str = ""


class _Row(msgspec.Struct):
    row: int


class _Range(msgspec.Struct):
    start: _Row
    end: _Row


class _File(msgspec.Struct):
    covered: list[_Range]
    not_covered: list[_Range]
    covered_lines: int
    not_covered_lines: int
    coverage: float


class _Coverage(msgspec.Struct):
    """As `opa test --coverage` reports it."""

    files: dict[str, _File]
    covered_lines: int
    not_covered_lines: int
    coverage: float


class _Run(msgspec.Struct, omit_defaults=True):
    tests: list[_Test]
    coverage: _Coverage | None = None
    differing: tuple[str, ...] = ()


def run_json(run: TestRun, *, coverage: bool) -> str:
    """The run as one JSON object, indented."""
    tests = [_test(result) for result in run.results]
    report = _Run(tests, _coverage(run.coverage) if coverage else None, run.differing)
    return msgspec.json.format(msgspec.json.encode(report), indent=2).decode()


def print_run(run: TestRun, *, coverage: bool) -> None:
    """The run for a reader, on standard output."""
    for result in run.results:
        word = "todo" if result.skipped else "ok" if result.passed else "FAILED"
        detail = f": {result.detail}" if result.detail else ""
        click.echo(f"{word:<6} {result.file}:{result.line} {result.name}{detail}")
    if coverage:
        Console(highlight=False, markup=False, soft_wrap=True).print(_table(run.coverage))
    skipped = f", {run.skipped} to do" if run.skipped else ""
    reached = f"; {run.coverage.percent:.1f} % of the lines reached" if coverage else ""
    click.echo(f"{len(run.results)} tests, {run.failed} failed{skipped}{reached}")


def _table(found: Coverage) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("file")
    table.add_column("reached", justify="right")
    table.add_column("lines that no test reaches")
    for file in found.files:
        share = f"{percent(len(file.covered), len(file.missed)):.1f} %"
        table.add_row(file.file, share, ", ".join(_spelled(*one) for one in _runs(file.missed)))
    return table


def _test(result: RuleResult) -> _Test:
    package, _, name = result.name.rpartition(".")
    place = _Location(result.file, result.line)
    return _Test(place, f"data.{package}", name, not result.passed, result.skipped, result.detail)


def _coverage(found: Coverage) -> _Coverage:
    files = {file.file: _file(file) for file in found.files}
    return _Coverage(files, found.covered, found.missed, found.percent)


def _file(file: FileCoverage) -> _File:
    covered, missed = len(file.covered), len(file.missed)
    return _File(_ranges(file.covered), _ranges(file.missed), covered, missed, percent(covered, missed))


def _ranges(lines: Sequence[int]) -> list[_Range]:
    return [_Range(_Row(first), _Row(last)) for first, last in _runs(lines)]


def _runs(lines: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Lines that follow each other, as first and last."""
    first = last = 0
    for line in lines:
        if first and line != last + 1:
            yield first, last
            first = line
        first, last = first or line, line
    if first:
        yield first, last


def _spelled(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}–{last}"
