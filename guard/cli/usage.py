"""`guard usage`: what was used, by whom, and what it came to, out of the ledger."""

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from guard.cli.extra import need
from guard.cli.moment import Moment
from guard.cli.source import config_option, configured

if TYPE_CHECKING:
    from guard.config import Settings
    from guard.metering.report.figures import UsageReport
    from guard.metering.report.statement import Question

FORMATS: Final = ("table", "csv", "json", "focus", "html")
_HOURS: Final = 3 * 86_400_000
"""Milliseconds up to which plots are by hour."""


@click.command()
@click.option("--by", default="tenant,model", show_default=True, help="What lines are for, with commas between.")
@click.option("--since", default="30d", type=Moment(), show_default=True, help="7d, 12h, 30m ago, or a date.")
@click.option("--until", default=None, type=Moment(), help="Up to when; now by default.")
@click.option("--where", multiple=True, metavar="NAME=VALUE", help="Only exchanges that have this value.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="table", show_default=True, help="What to write.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="The file to write; standard output.")
@click.option("--prices", multiple=True, type=click.Path(path_type=Path), help="focus: an older price book.")
@click.option("--provider", default="Guard", show_default=True, help="focus: who charges.")
@click.option("--service", default="Inference", show_default=True, help="focus: for what.")
@config_option
def usage(
    by: str,
    since: int,
    until: int | None,
    where: Sequence[str],
    form: str,
    out: Path | None,
    config_file: Path | None,
    **focus: Any,
) -> None:
    """Print what was used, by tenant, key, tier, model, label or time. May run while Guard serves."""
    from guard.metering.report.dimension import parse_dimensions, parse_filters
    from guard.metering.report.statement import Question

    settings = configured(config_file)
    end = time.time_ns() // 1_000_000 if until is None else until
    question = Question(since, end, parse_dimensions(by), parse_filters(where))
    text = _focus(question, settings, **focus) if form == "focus" else _written(form, question, settings)
    if out is None:
        sys.stdout.write(text)
        return
    try:
        out.write_text(text, "utf-8", newline="")
    except OSError as error:
        raise click.ClickException(f"{out} can't be written ({error.strerror}); name another file") from None


def _written(form: str, question: "Question", settings: "Settings") -> str:
    """The report in a format."""
    if form == "csv":
        from guard.cli.usage_csv import table_csv

        return table_csv(_report(question, settings))
    if form == "json":
        import msgspec

        return msgspec.json.format(msgspec.json.encode(_report(question, settings)), indent=2).decode() + "\n"
    if form == "html":
        return _page(question, settings)
    from guard.cli.usage_table import table

    return table(_report(question, settings))


def _page(question: "Question", settings: "Settings") -> str:
    """The page, with what its plots need: the same exchanges by time."""
    need("guard usage --format html", "report", ("jinja2", "matplotlib"))
    from datetime import timedelta

    import msgspec

    from guard.cli.usage_page import page
    from guard.cli.usage_plot import Series
    from guard.metering.report.dimension import Dimension

    hourly = question.until_ms - question.since_ms <= _HOURS
    time = Dimension("hour" if hourly else "day")
    first = next((one for one in question.by if not one.timed), None)
    whole = _report(msgspec.structs.replace(question, by=(time,)), settings)
    parted = None if first is None else _report(msgspec.structs.replace(question, by=(time, first)), settings)
    step = timedelta(hours=1) if hourly else timedelta(days=1)
    return page(_report(question, settings), Series(step, whole, parted))


def _focus(question: "Question", settings: "Settings", prices: Sequence[Path], provider: str, service: str) -> str:
    """Charges, as CSV. What a reader has to know of them goes to standard error."""
    import msgspec

    from guard.cli.usage_csv import rows_csv
    from guard.cli.usage_text import missing_books, remarks
    from guard.config import load_prices
    from guard.metering.report.charge import COLUMNS, cells
    from guard.metering.report.focus import Seller, charges, focus_dimensions

    own = [Path(settings.prices)] if settings.prices else []
    books = {book.version: book for book in map(load_prices, (*own, *prices))}
    report = _report(msgspec.structs.replace(question, by=focus_dimensions(question.by)), settings)
    for remark in (*remarks(report), *missing_books(report, books)):
        click.echo(f"note: {remark}", err=True)
    return rows_csv([COLUMNS, *map(cells, charges(report, books, Seller(provider, service)))])


def _report(question: "Question", settings: "Settings") -> "UsageReport":
    from guard.app.usage import usage_report
    from guard.metering.report.book import Bounds

    return usage_report(settings, question, Bounds())
