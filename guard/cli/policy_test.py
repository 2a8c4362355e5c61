"""`guard policy test`: runs the Rego tests that lie beside the policies."""

from pathlib import Path

import click

from guard.cli.exit_code import ExitCode
from guard.cli.source import configured_or_starter


@click.command()
@click.argument("directory", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
def test(directory: Path | None) -> None:
    """Run every `test_…` rule below DIRECTORY (the configured or the starter policies by default).

    Exit status: 0 all passed, 1 one failed or there was none, 3 wrong options or configuration.
    """
    from guard.policy.testing import run_tests

    place = directory or Path(configured_or_starter(None).policies)
    results = run_tests(place)
    for result in results:
        detail = f": {result.detail}" if result.detail else ""
        click.echo(f"{'ok' if result.passed else 'FAILED':<6} {result.file} {result.name}{detail}")
    failed = sum(not result.passed for result in results)
    click.echo(f"{len(results)} tests, {failed} failed")
    if not results:
        click.echo(f"guard: there is no test below {place}; write rules named test_… in *_test.rego", err=True)
    if failed or not results:
        raise click.exceptions.Exit(ExitCode.FOUND)
