"""The formats of `guard usage`: each asks for the reports that it needs, and writes them as a text."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final

import click
import msgspec

from guard.cli.extra import need
from guard.cli.usage_csv import rows_csv, table_csv
from guard.cli.usage_source import Source
from guard.cli.usage_table import table
from guard.cli.usage_text import missing_books, remarks
from guard.config import load_prices
from guard.metering.report.charge import COLUMNS, cells
from guard.metering.report.dimension import Dimension
from guard.metering.report.focus import Seller, charges, focus_dimensions
from guard.metering.report.statement import Question

_HOURS: Final = 3 * 86_400_000
"""Milliseconds up to which plots are by hour."""
Written = Callable[[Question, Source], str]


def as_table(question: Question, source: Source) -> str:
    """For a terminal."""
    return table(source.ask(question))


def as_csv(question: Question, source: Source) -> str:
    """For a spreadsheet."""
    return table_csv(source.ask(question))


def as_json(question: Question, source: Source) -> str:
    """As the admin API answers."""
    return msgspec.json.format(msgspec.json.encode(source.ask(question)), indent=2).decode() + "\n"


def as_page(question: Question, source: Source) -> str:
    """The page, with what its plots need: the same exchanges by time."""
    need("guard usage --format html", "report", ("jinja2", "matplotlib"))
    from guard.cli.usage_page import page
    from guard.cli.usage_plot import Series

    hourly = question.until_ms - question.since_ms <= _HOURS
    time = Dimension("hour" if hourly else "day")
    first = next((one for one in question.by if not one.timed), None)
    whole = source.ask(msgspec.structs.replace(question, by=(time,)))
    parted = None if first is None else source.ask(msgspec.structs.replace(question, by=(time, first)))
    step = timedelta(hours=1) if hourly else timedelta(days=1)
    return page(source.ask(question), Series(step, whole, parted))


def as_focus(question: Question, source: Source, prices: Sequence[Path], seller: Seller) -> str:
    """Charges, as CSV. What a reader has to know of them goes to standard error."""
    own = [source.prices] if source.prices is not None else []
    books = {book.version: book for book in map(load_prices, (*own, *prices))}
    report = source.ask(msgspec.structs.replace(question, by=focus_dimensions(question.by)))
    for remark in (*remarks(report), *missing_books(report, books)):
        click.echo(f"note: {remark}", err=True)
    return rows_csv([COLUMNS, *map(cells, charges(report, books, seller))])


PLAIN: Final[Mapping[str, Written]] = {"table": as_table, "csv": as_csv, "json": as_json, "html": as_page}
"""Those that need no more than a question and a source."""
