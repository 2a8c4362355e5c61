"""`guard record`: what the record of exchanges holds, one exchange of it, and taking out what is old."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from guard.cli.exit_code import ExitCode
from guard.cli.moment import Moment, written
from guard.cli.source import config_option, configured

if TYPE_CHECKING:
    from guard.core.record import RecordedExchange


@click.group()
def record() -> None:
    """The record of exchanges, which `decisions.record` keeps."""


@record.command("status")
@config_option
def status(config_file: Path | None) -> None:
    """Say how much there is, from when to when, and whether texts are kept."""
    from guard.cli.record_source import opened_record, record_settings

    settings = configured(config_file)
    chosen = record_settings(settings)
    with opened_record(settings) as reader:
        count, bounds = reader.count(), reader.bounds()
    files = [path for name in ("", "-wal") if (path := Path(f"{chosen.path}{name}")).is_file()]
    size = sum(path.stat().st_size for path in files) / 1_000_000
    when = "" if bounds is None else f", {written(bounds[0])} to {written(bounds[1])}"
    texts = "texts sealed" if chosen.text else "no texts"
    click.echo(f"{chosen.path}: {count} exchanges{when}; {size:.1f} MB; kept for {chosen.keep_days} days; {texts}")


@record.command("show")
@click.argument("exchange")
@click.option("--text", "with_text", is_flag=True, help="Show kept texts as well; they are people's words.")
@config_option
def show(exchange: str, with_text: bool, config_file: Path | None) -> None:
    """Print all that is kept of one EXCHANGE as JSON. Its id is in the answer's header x-guard-exchange."""
    from guard.cli.record_source import opened_record

    with opened_record(configured(config_file)) as reader:
        found = reader.exchange(exchange)
    if found is None:
        click.echo(
            "guard: the record has no exchange of this id; it may be older than decisions.record.keep_days", err=True
        )
        raise click.exceptions.Exit(ExitCode.FOUND)
    click.echo(_told(found, with_text))


@record.command("prune")
@click.option("--before", required=True, type=Moment(), help="7d, 12h, 30m ago, or a date.")
@config_option
def prune(before: int, config_file: Path | None) -> None:
    """Take out what is older, and give its room back to the disk. May run while Guard serves."""
    from guard.audit.store import RecordStore
    from guard.cli.record_source import record_settings

    chosen = record_settings(configured(config_file))
    if not Path(chosen.path).is_file():
        raise click.UsageError(f"there is no record at {chosen.path}")
    store = RecordStore(Path(chosen.path), None, chosen.keep_days)
    try:
        rows = store.prune(before)
    finally:
        store.close()
    click.echo(f"{rows} rows older than {written(before)} taken out")


def _told(found: "RecordedExchange", with_text: bool) -> str:
    import msgspec

    from guard.core.bare_facts import bare
    from guard.core.record import FACTS_OF

    decisions = []
    for one in found.decisions:
        facts = one.facts
        if not with_text:
            facts = msgspec.json.encode(bare(msgspec.json.decode(facts, type=FACTS_OF[one.point]))[0])
        decisions.append(
            {
                "decision_id": one.decision_id,
                "point": one.point,
                "generation": one.generation,
                "elapsed_us": one.elapsed_ns / 1000,
                "error": one.error,
                "facts": msgspec.Raw(facts),
                "result": msgspec.Raw(one.result or b"null"),
            }
        )
    told = {
        "opening": found.opening,
        "closing": found.closing,
        "decisions": decisions,
        "findings": found.findings,
        "timings": found.timings,
        "texts": found.texts if with_text else len(found.texts),
    }
    return msgspec.json.format(msgspec.json.encode(told), indent=2).decode()
