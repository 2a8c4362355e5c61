"""`guard policy eval`: what a policy decides on an input, and which rules held."""

import sys
from pathlib import Path
from typing import Final

import click
import msgspec

from guard.cli.exit_code import ExitCode
from guard.cli.source import configured_or_starter

_MOST_BYTES: Final = 16_777_216


@click.command("eval")
@click.argument("directory", required=False, type=click.Path(exists=True, path_type=Path))
@click.option("--input", "file", required=True, help="A JSON file with the input; - reads standard input.")
@click.option(
    "--point",
    type=click.Choice(("request", "response", "tool", "admin")),
    default="request",
    show_default=True,
    help="The entry point that is asked.",
)
@click.option("--all", "everything", is_flag=True, help="Show rules that read nothing of the input, too.")
@click.option("--format", "form", type=click.Choice(("table", "json")), default="table", show_default=True)
def evaluate(directory: Path | None, file: str, point: str, everything: bool, form: str) -> None:
    """Show what the policies in DIRECTORY (a bundle's file, too; the configured or the starter policies by default)
    decide on an input, which rules held and what of the input they read.

    Exit status: 0 decided, 1 the policy gave no usable decision, 3 wrong options, input or policies.
    """
    document = _document(file)
    place = directory or Path(configured_or_starter(None).policy_source)

    from guard.cli.policy_report import evaluation_json, print_evaluation
    from guard.policy.point import POINTS
    from guard.policy.source import naming, read
    from guard.policy.trace.evaluation import evaluate as evaluated

    source = read(place)
    (asked,) = (one for one in POINTS if one.name == point)
    with naming(str(place)):
        result = evaluated(source, asked, document)
    if form == "json":
        click.echo(evaluation_json(result))
    else:
        print_evaluation(result, everything=everything)
    raise click.exceptions.Exit(ExitCode.CLEAN if result.decision is not None else ExitCode.FOUND)


def _document(file: str) -> dict[str, object]:
    try:
        data = sys.stdin.buffer.read(_MOST_BYTES + 1) if file == "-" else _read(Path(file))
        if len(data) > _MOST_BYTES:
            raise click.UsageError(f"{file} is larger than {_MOST_BYTES} bytes: give one input")
        return msgspec.json.decode(data, type=dict[str, object])
    except OSError as error:
        raise click.UsageError(f"{file} can't be read ({error.strerror})") from None
    except msgspec.DecodeError as error:
        raise click.UsageError(
            f"{file} is not a JSON object ({error}): write the input as docs/policy.md shows"
        ) from None


def _read(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(_MOST_BYTES + 1)
