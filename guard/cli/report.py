"""Shows a check's report, as a table or as JSON. The text in it is hostile: a terminal must not obey it."""

import msgspec
from rich.table import Table
from rich.text import Text

from guard.app import CheckReport
from guard.cli.terminal import console, visible


def report_json(report: CheckReport) -> str:
    """The report as one JSON object, indented."""
    return msgspec.json.format(msgspec.json.encode(report), indent=2).decode()


def print_report(report: CheckReport) -> None:
    """The report for a reader, on standard output."""
    out = console()
    if report.findings:
        out.print(_table(report))
    out.print(f"decision: {report.decision} (policy {report.generation})")
    engines = ", ".join(f"{name} {status}" for name, status in report.engines)
    out.print(f"engines: {engines or 'none'}")
    if report.released is None:
        out.print("released: nothing")
    else:
        out.print(Text("released: " + visible(report.released)))


def _table(report: CheckReport) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in ("type", "group", "score", "start", "end", "action", "rule"):
        table.add_column(column, overflow="fold", justify="right" if column in ("score", "start", "end") else "left")
    for one in report.findings:
        cells = (one.type, one.group, f"{one.score:.2f}", str(one.start), str(one.end), one.action, one.rule)
        table.add_row(*(Text(visible(cell)) for cell in cells))
    return table
