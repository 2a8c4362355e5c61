"""A report of usage as CSV: a row for each line and no total, so that a pivot table counts nothing twice."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Final

from guard.cli.usage_text import exact_usd
from guard.metering.report.figures import COUNTS, TOKENS, Quantiles, UsageLine, UsageReport

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_NUMBER: Final = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
_ENERGY: Final = ("energy_mj", "energy_exchanges", "tokens_per_joule")
_TIMES: Final = tuple(f"{name}_{part}_ms" for name in ("first", "total") for part in ("p50", "p95", "p99"))
_POWER: Final = ("whole_mj", "covered", "tokens_per_s_per_watt", "revenue_usd_per_kwh", "void")


def table_csv(report: UsageReport) -> str:
    """The whole of it."""
    power = tuple(f"power_{name}" for name in _POWER)
    header = [*report.by, *COUNTS, *TOKENS, "cost_nanousd", "cost_usd", *_ENERGY, *_TIMES, *power]
    return rows_csv([header, *([*(line.key[name] for name in report.by), *_cells(line)] for line in report.lines)])


def rows_csv(rows: Iterable[Sequence[str | int | float | None]]) -> str:
    """Rows as RFC 4180 has them. What a spreadsheet would run as a formula gets an apostrophe before it."""
    sink = io.StringIO()
    writer = csv.writer(sink)
    writer.writerows([_tame(cell) for cell in row] for row in rows)
    return sink.getvalue()


def _tame(cell: str | int | float | None) -> str | int | float:
    if cell is None:
        return ""
    formula = isinstance(cell, str) and cell.startswith(_FORMULA) and not _NUMBER.fullmatch(cell)
    return f"'{cell}" if formula else cell


def _cells(line: UsageLine) -> list[str | int | float | None]:
    counts = (getattr(line, name) for name in (*COUNTS, *TOKENS))
    energy = (getattr(line, name) for name in _ENERGY)
    power = (getattr(line.power, name, None) for name in _POWER)
    cost = line.cost_nanousd, exact_usd(line.cost_nanousd)
    return [*counts, *cost, *energy, *_times(line.first_ms), *_times(line.total_ms), *power]


def _times(times: Quantiles | None) -> tuple[float | None, ...]:
    return (None, None, None) if times is None else (times.p50, times.p95, times.p99)
