"""A report of usage as a table for a terminal."""

from collections.abc import Iterator

from rich.table import Table

from guard.cli.moment import written
from guard.cli.terminal import console, visible
from guard.cli.usage_text import ABSENT, count, named, number, remarks, usd, watt_hours
from guard.metering.report.figures import UsageFigures, UsageLine, UsageReport

_COLUMNS = (
    *("exchanges", "blocked", "aborted", "failed", "prompt", "cached", "answer", "reasoning", "withheld"),
    *("USD", "unpriced", "first p50", "first p95", "total p95"),
)
_WIDTH = 240
"""A figure that is broken over two lines is misread: a narrow terminal wraps whole lines."""
_ENERGY = ("Wh", "tokens/J")
_POWER = ("tokens/s/W", "USD/kWh")


def table(report: UsageReport) -> str:
    """The whole of it: lines, the total, and remarks."""
    out = console()
    out.width = max(out.width, _WIDTH)
    metered = report.total.energy_mj is not None
    powered = any(line.power is not None for line in report.lines)
    drawn = Table(box=None, pad_edge=False)
    for title in report.by:
        drawn.add_column(visible(title), no_wrap=True)
    for title in (*_COLUMNS, *(_ENERGY if metered else ()), *(_POWER if powered else ())):
        drawn.add_column(title, justify="right", no_wrap=True)
    for line in report.lines:
        drawn.add_row(
            *(named(line.key[name]) for name in report.by), *_cells(line, metered), *(_power(line) if powered else ())
        )
    if report.by:
        drawn.add_section()
    keys = ("total", *("" for _ in report.by[1:])) if report.by else ()
    drawn.add_row(*keys, *_cells(report.total, metered), *(("", "") if powered else ()))
    with out.capture() as captured:
        out.print(f"exchanges that began from {written(report.since_ms)} to {written(report.until_ms)}, times in ms")
        out.print(drawn)
        for remark in remarks(report):
            out.print(f"note: {remark}")
    return captured.get()


def _cells(line: UsageFigures, metered: bool) -> Iterator[str]:
    for value in (line.exchanges, line.blocked, line.aborted, line.failed):
        yield count(value)
    for tokens in (line.prompt_tokens, line.cached_tokens, line.completion_tokens, line.reasoning_tokens):
        yield count(tokens)
    yield count(line.withheld_tokens)
    yield usd(line.cost_nanousd)
    yield count(line.unpriced)
    for times, share in ((line.first_ms, "p50"), (line.first_ms, "p95"), (line.total_ms, "p95")):
        yield ABSENT if times is None else f"{getattr(times, share):,.0f}"
    if metered:
        yield watt_hours(line.energy_mj)
        yield number(line.tokens_per_joule)


def _power(line: UsageLine) -> tuple[str, str]:
    if line.power is None:
        return ABSENT, ABSENT
    return number(line.power.tokens_per_s_per_watt), number(line.power.revenue_usd_per_kwh)
