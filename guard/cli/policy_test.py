"""`guard policy test`: runs the Rego tests that lie beside the policies, once or whenever a file changes."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from guard.cli.exit_code import ExitCode
from guard.cli.source import configured_or_starter
from guard.errors import ConfigError

if TYPE_CHECKING:
    from guard.policy.trace.testing import TestRun

_WAIT_MS: Final = 200
"""Editors write a file in several steps; what changes within this time is one change."""


class _Expression(click.ParamType[re.Pattern[str]]):
    name = "regex"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> re.Pattern[str]:
        try:
            return re.compile(str(value))
        except re.error as error:
            self.fail(f"is no regular expression ({error}): correct it", param, ctx)


@click.command()
@click.argument("directory", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--coverage", is_flag=True, help="Show which lines of the policies the tests do not reach.")
@click.option("--threshold", type=click.FloatRange(0, 100), help="Fail if less than this percentage is reached.")
@click.option("--run", "only", type=_Expression(), help="Run the tests whose name (data.package.test_x) matches.")
@click.option("--watch", is_flag=True, help="Run again whenever a file below DIRECTORY changes, until interrupted.")
@click.option("--format", "form", type=click.Choice(("table", "json")), default="table", show_default=True)
def test(
    directory: Path | None,
    coverage: bool,
    threshold: float | None,
    only: re.Pattern[str] | None,
    watch: bool,
    form: str,
) -> None:
    """Run every `test_…` rule below DIRECTORY (the configured or the starter policies by default).

    Exit status: 0 all passed, 1 one failed, there was none, or too few lines were reached, 3 wrong options or
    configuration.
    """
    place = directory or Path(configured_or_starter(None).policy_source)

    def once() -> ExitCode:
        from guard.cli.policy_test_report import print_run, run_json
        from guard.policy.trace.testing import run_traced

        run = run_traced(place, only)
        show = coverage or threshold is not None
        click.echo(run_json(run, coverage=show)) if form == "json" else print_run(run, coverage=show)
        return _judge(run, place, threshold)

    raise click.exceptions.Exit(_watch(place, once) if watch else once())


def _judge(run: "TestRun", place: Path, threshold: float | None) -> ExitCode:
    if not run.results:
        _say(f"no test below {place} is to run: write rules named test_… in *_test.rego")
    for name in run.differing:
        _say(f"the trace of {name} differs from the engine: its lines may be counted wrongly")
    short = threshold is not None and run.coverage.percent < threshold
    if short:
        _say(f"{run.coverage.percent:.1f} % of the lines are reached, {threshold:g} % are asked for")
    return ExitCode.FOUND if run.failed or not run.results or short else ExitCode.CLEAN


def _watch(place: Path, once: Callable[[], ExitCode]) -> ExitCode:
    from watchfiles import Change, watch

    def counts(_: Change, path: str) -> bool:
        return path.endswith((".rego", ".json"))

    ran = False
    # The first time-out comes when the watch stands, so that no change falls between it and the first run.
    for changes in watch(place, watch_filter=counts, debounce=_WAIT_MS, rust_timeout=_WAIT_MS, yield_on_timeout=True):
        if ran and not changes:
            continue
        ran = True
        try:
            once()
        except ConfigError as error:
            _say(error.message)
        _say(f"waiting for a change below {place}; Ctrl-C ends")
    return ExitCode.INTERRUPTED


def _say(text: str) -> None:
    click.echo(f"guard: {text}", err=True)
