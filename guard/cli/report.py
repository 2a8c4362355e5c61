"""Shows a check's report, as a table or as JSON. The text in it is hostile: a terminal must not obey it."""

import sys
import unicodedata
from typing import Final

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from guard.app import CheckReport

_PIPE_WIDTH: Final = 160


def report_json(report: CheckReport) -> str:
    """The report as one JSON object, indented."""
    return msgspec.json.format(msgspec.json.encode(report), indent=2).decode()


def print_report(report: CheckReport) -> None:
    """The report for a reader, on standard output."""
    # Markup off: `[EMAIL_ADDRESS]` would be taken for a style.
    width = None if sys.stdout.isatty() else _PIPE_WIDTH
    console = Console(markup=False, highlight=False, emoji=False, soft_wrap=True, width=width)
    if report.findings:
        console.print(_table(report))
    console.print(f"decision: {report.decision} (policy {report.generation})")
    engines = ", ".join(f"{name} {status}" for name, status in report.engines)
    console.print(f"engines: {engines or 'none'}")
    if report.released is None:
        console.print("released: nothing")
    else:
        console.print(Text("released: " + visible(report.released)))


def visible(text: str) -> str:
    """`text` with control and format characters spelled out, so that it can't move a cursor or hide a word."""
    return "".join(one if one in "\n\t" or _harmless(one) else ascii(one)[1:-1] for one in text)


def _harmless(one: str) -> bool:
    return unicodedata.category(one) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")


def _table(report: CheckReport) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in ("type", "group", "score", "start", "end", "action", "rule"):
        table.add_column(column, overflow="fold", justify="right" if column in ("score", "start", "end") else "left")
    for one in report.findings:
        cells = (one.type, one.group, f"{one.score:.2f}", str(one.start), str(one.end), one.action, one.rule)
        table.add_row(*(Text(visible(cell)) for cell in cells))
    return table
