"""The plots of a report of usage: over time, and of what cost most."""

import datetime
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator

from guard.cli.plot import MOST_BARS, drawn, legend, short
from guard.cli.usage_text import named
from guard.metering.report.figures import UsageFigures, UsageLine, UsageReport

COLORS: Final = ("#1e6fb3", "#e08a1e", "#3a8f5c", "#b3261e", "#7a5cab", "#5c8a8f", "#a5763a")
REST: Final = "#b8bcc2"
_ENDS: Final = (("completed", "#3a8f5c"), ("blocked", "#b3261e"), ("aborted", "#e08a1e"), ("failed", "#7a5cab"))
Value = Callable[[UsageFigures], float]
Stack = Sequence[tuple[str, str, Sequence[float]]]
"""Label, colour, and a height for each moment."""


class Series(msgspec.Struct, frozen=True):
    """The same exchanges by time alone, and by time and one dimension (None where none was asked for)."""

    step: datetime.timedelta
    whole: UsageReport
    parted: UsageReport | None


def usage_plots(report: UsageReport, series: Series) -> list[tuple[str, str]]:
    """Each plot's title and its SVG."""
    moments = [_moment(line) for line in series.whole.lines]
    if not moments:
        return []
    plots = [
        ("Cost over time, USD", _cost(series, moments)),
        ("Tokens over time", _stacked(moments, series.step, _tokens(series.whole.lines), "tokens")),
        ("What became of exchanges", _stacked(moments, series.step, _ends(series.whole.lines), "exchanges")),
        ("Time to the first byte", drawn(lambda axes: _times(axes, series.whole.lines, moments))),
        ("What cost most, USD", _bars(report, lambda line: (line.cost_nanousd or 0) / 1e9, "USD")),
        ("Most tokens for a joule", _bars(report, lambda line: line.tokens_per_joule or 0, "tokens for a joule")),
        ("Tokens per second and watt", _bars(report, _power("tokens_per_s_per_watt"), "tokens per second and watt")),
        ("Revenue for a kilowatt-hour", _bars(report, _power("revenue_usd_per_kwh"), "USD for a kWh")),
    ]
    return [(title, svg) for title, svg in plots if svg]


def _cost(series: Series, moments: Sequence[datetime.datetime]) -> str:
    if series.whole.total.cost_nanousd is None:
        return ""
    if series.parted is None:
        heights = [(line.cost_nanousd or 0) / 1e9 for line in series.whole.lines]
        return _stacked(moments, series.step, [("all", COLORS[0], heights)], "USD")
    return _stacked(moments, series.step, _costs(series.parted, series.whole), "USD")


def _costs(parted: UsageReport, whole: UsageReport) -> Stack:
    """What the dearest cost, each by itself, and the rest together."""
    titles = [_time(line) for line in whole.lines]
    sums: dict[str, dict[str, int]] = {}
    for line in parted.lines:
        row = sums.setdefault(named(line.key[parted.by[1]]), {})
        row[_time(line)] = row.get(_time(line), 0) + (line.cost_nanousd or 0)
    dearest = sorted(sums, key=lambda name: -sum(sums[name].values()))
    rows = [(name, COLORS[place], sums[name]) for place, name in enumerate(dearest[: len(COLORS)])]
    rest: dict[str, int] = {}
    for name in dearest[len(COLORS) :]:
        for title, cost in sums[name].items():
            rest[title] = rest.get(title, 0) + cost
    rows += [("others", REST, rest)] if rest else []
    return [(short(name, 24), color, [row.get(title, 0) / 1e9 for title in titles]) for name, color, row in rows]


def _tokens(lines: Sequence[UsageLine]) -> Stack:
    """Every token once."""
    classes: tuple[tuple[str, Value], ...] = (
        ("prompt", lambda line: max((line.prompt_tokens or 0) - (line.cached_tokens or 0), 0)),
        ("cached prompt", lambda line: min(line.cached_tokens or 0, line.prompt_tokens or 0)),
        ("answer", lambda line: max((line.completion_tokens or 0) - (line.reasoning_tokens or 0), 0)),
        ("reasoning", lambda line: min(line.reasoning_tokens or 0, line.completion_tokens or 0)),
    )
    found = zip(classes, COLORS, strict=False)
    return [(label, color, [value(line) for line in lines]) for (label, value), color in found]


def _ends(lines: Sequence[UsageLine]) -> Stack:
    return [(end, color, [getattr(line, end) for line in lines]) for end, color in _ENDS]


def _stacked(moments: Sequence[datetime.datetime], step: datetime.timedelta, stack: Stack, unit: str) -> str:
    def draw(axes: Axes) -> None:
        below = [0.0] * len(moments)
        for label, color, heights in stack:
            # matplotlib leaves names that begin with an underscore out of its legend.
            shown = f" {label}" if label.startswith("_") else label
            axes.bar(moments, heights, step * 0.9, bottom=below, color=color, label=shown, align="edge")  # type: ignore[arg-type]
            below = [one + more for one, more in zip(below, heights, strict=True)]
        axes.set_ylabel(unit)
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.10g}")
        axes.tick_params(axis="x", rotation=30)
        legend(axes)

    return drawn(draw)


def _times(axes: Axes, lines: Sequence[UsageLine], moments: Sequence[datetime.datetime]) -> None:
    timed = [(moment, line.first_ms) for moment, line in zip(moments, lines, strict=True) if line.first_ms is not None]
    for part, color in zip(("p50", "p95", "p99"), COLORS, strict=False):
        values = [getattr(times, part) for _, times in timed]
        axes.plot([moment for moment, _ in timed], values, "o-", color=color, label=part)  # type: ignore[arg-type]
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.10g}")
    axes.yaxis.set_minor_formatter(lambda _value, _place: "")
    axes.set_ylabel("ms")
    axes.tick_params(axis="x", rotation=30)
    legend(axes)


def _bars(report: UsageReport, value: Callable[[UsageLine], float], unit: str) -> str:
    """The highest lines; nothing if there are no heights, or one line alone."""
    top = sorted(((value(line), _title(line.key)) for line in report.lines), reverse=True)[:MOST_BARS][::-1]
    top = [(height, title) for height, title in top if height > 0]
    if len(report.lines) < 2 or not top:
        return ""

    def draw(axes: Axes) -> None:
        places = range(len(top))
        axes.barh(places, [height for height, _ in top], color=COLORS[0])
        axes.set_yticks(list(places), [short(title) for _, title in top])
        axes.set_xlabel(unit)

    return drawn(draw)


def _power(figure: str) -> Callable[[UsageLine], float]:
    return lambda line: getattr(line.power, figure, None) or 0.0


def _title(key: Mapping[str, str | None]) -> str:
    return " · ".join(named(value) for value in key.values())


def _time(line: UsageLine) -> str:
    return line.key.get("hour") or line.key.get("day") or ""


def _moment(line: UsageLine) -> datetime.datetime:
    text = _time(line)
    return datetime.datetime.fromisoformat(f"{text}:00" if "T" in text else text).replace(tzinfo=datetime.UTC)
