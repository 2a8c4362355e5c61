"""`guard policy explain`: why a recorded exchange was decided as it was."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from guard.cli.exit_code import ExitCode
from guard.cli.source import config_option, configured, configured_or_starter
from guard.errors import AuditError

_TEXTS: Final = ("texts of messages", "arguments of tools")

if TYPE_CHECKING:
    from guard.core.record import RecordedDecision


@click.command()
@click.argument("exchange")
@click.argument("directory", required=False, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--record", "log", type=click.Path(dir_okay=False, path_type=Path), help="A decision log to read instead."
)
@click.option("--all", "everything", is_flag=True, help="Show rules that read nothing of the input, too.")
@click.option("--format", "form", type=click.Choice(("table", "json")), default="table", show_default=True)
@config_option
def explain(
    exchange: str, directory: Path | None, log: Path | None, everything: bool, form: str, config_file: Path | None
) -> None:
    """Ask the policies in DIRECTORY (the configured ones by default) again for what EXCHANGE was decided on, and show
    the rules that held, on what, and where the decision differs from the recorded one.

    EXCHANGE is the id in the header x-guard-exchange, or a decision's id. The decisions come from the record
    (decisions.record), or from a log in OPA's format that --record names.

    Exit status: 0 the decisions are the recorded ones, 1 one differs, 3 wrong options, record or policies.
    """
    recorded, erased = _from_log(log, exchange) if log else _from_record(config_file, exchange)
    place = directory or Path(configured_or_starter(config_file).policies)

    from guard.cli.policy_explain_report import explanations_json, print_explanations
    from guard.policy.source import naming, read
    from guard.policy.trace.explanation import explain as explained

    source = read(place)
    with naming(str(place)):
        found = [explained(source, decision) for decision in recorded]
    if form == "json":
        click.echo(explanations_json(found, erased))
    else:
        print_explanations(found, erased, everything=everything)
    differs = any(one.differences for one in found)
    raise click.exceptions.Exit(ExitCode.FOUND if differs else ExitCode.CLEAN)


def _from_record(config_file: Path | None, exchange: str) -> "tuple[tuple[RecordedDecision, ...], tuple[str, ...]]":
    from guard.audit.reader import RecordReader

    kept = configured(config_file).decisions.record
    if kept is None:
        raise AuditError("no record is kept: configure decisions.record, or name a decision log with --record")
    with RecordReader(Path(kept.path), kept.key.reveal() if kept.text and kept.key is not None else None) as reader:
        found = reader.exchange(exchange)
    if found is None or not found.decisions:
        raise AuditError(
            f"the record {kept.path} has no decision of this exchange: check the id, and how long it keeps"
        )
    return found.decisions, () if kept.text else _TEXTS


def _from_log(log: Path, exchange: str) -> "tuple[tuple[RecordedDecision, ...], tuple[str, ...]]":
    from guard.audit.log_reader import read_log

    events = read_log(log, exchange)
    if not events:
        raise AuditError(f"the decision log {log} has no decision of this exchange: check the id, or name another log")
    erased = dict.fromkeys(pointer for event in events for pointer in event.erased)
    return tuple(event.decision for event in events), tuple(erased)
