"""A replay's plots."""

import datetime
from collections.abc import Sequence

from matplotlib.axes import Axes

from guard.cli.plot import MOST_BARS, drawn, legend, short
from guard.replay.report import Report
from guard.replay.result import LoadForecast

STRICTER, LOOSER, SAME = "#b3261e", "#1e6fb3", "#b8bcc2"


def rollout_plots(report: Report) -> list[tuple[str, str]]:
    """Each plot's title and its SVG."""
    plots = []
    if report.buckets:
        plots.append(("Exchanges over time", drawn(lambda axes: _over_time(axes, report))))
    if report.changes:
        plots.append(("What would differ most", drawn(lambda axes: _most_changed(axes, report))))
    if report.bills:
        plots.append(("Tokens that backends would count", drawn(lambda axes: _billed(axes, report))))
    return plots


def load_plots(loads: Sequence[LoadForecast]) -> list[tuple[str, str]]:
    """Each plot's title and its SVG."""
    if not loads:
        return []
    return [
        ("First token, and what Guard adds to it", drawn(lambda axes: _delays(axes, loads))),
        ("Share of the time in use", drawn(lambda axes: _in_use(axes, loads))),
    ]


def _over_time(axes: Axes, report: Report) -> None:
    times = [datetime.datetime.fromtimestamp(one.at_ms / 1000, datetime.UTC) for one in report.buckets]
    width = datetime.timedelta(milliseconds=report.bucket_ms * 0.9)
    same = [one.exchanges - one.stricter - one.looser for one in report.buckets]
    stricter = [one.stricter for one in report.buckets]
    axes.bar(times, same, width, color=SAME, label="same verdict", align="edge")  # type: ignore[arg-type]
    axes.bar(times, stricter, width, bottom=same, color=STRICTER, label="stricter", align="edge")  # type: ignore[arg-type]
    below = [one + more for one, more in zip(same, stricter, strict=True)]
    looser = [one.looser for one in report.buckets]
    axes.bar(times, looser, width, bottom=below, color=LOOSER, label="looser", align="edge")  # type: ignore[arg-type]
    axes.set_ylabel("exchanges")
    axes.tick_params(axis="x", rotation=30)
    legend(axes)


def _most_changed(axes: Axes, report: Report) -> None:
    sums: dict[str, list[int]] = {}
    for change in report.changes:
        row = sums.setdefault(f"{change.kind}: {change.rule}", [0, 0])
        row[0] += change.gained
        row[1] += change.lost
    top = sorted(sums.items(), key=lambda item: sum(item[1]))[-MOST_BARS:]
    places = range(len(top))
    axes.barh(places, [row[0] for _, row in top], color=STRICTER, label="under the new policy alone")
    axes.barh(places, [-row[1] for _, row in top], color=LOOSER, label="under the live policy alone")
    axes.set_yticks(list(places), [short(name) for name, _ in top])
    axes.axvline(0, color="black", linewidth=0.6)
    axes.set_xlabel("exchanges")
    legend(axes)


def _billed(axes: Axes, report: Report) -> None:
    bills = sorted(report.bills, key=lambda bill: bill.live_prompt_tokens + bill.live_answer_tokens)[-MOST_BARS:]
    places = [float(place) for place in range(len(bills))]
    live = [bill.live_prompt_tokens + bill.live_answer_tokens for bill in bills]
    new = [bill.new_prompt_tokens + bill.new_answer_tokens for bill in bills]
    axes.barh([place + 0.2 for place in places], live, 0.38, color=SAME, label="live")
    axes.barh([place - 0.2 for place in places], new, 0.38, color=LOOSER, label="new")
    axes.set_yticks(places, [short(bill.tenant) for bill in bills])
    axes.set_xlabel("tokens")
    legend(axes)


def _delays(axes: Axes, loads: Sequence[LoadForecast]) -> None:
    names = [f"×{load.factor:g}" for load in loads]
    for of, color, label in (("first_s", SAME, "first token"), ("added_s", STRICTER, "added by Guard")):
        for quantile, style in (("p50", "o-"), ("p95", "s--"), ("p99", "^:")):
            values = [1e3 * float(getattr(getattr(load.forecast, of), quantile)) for load in loads]
            axes.plot(names, values, style, color=color, label=f"{label}, {quantile}")
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.yaxis.set_minor_formatter(lambda _value, _place: "")
    axes.set_ylabel("ms")
    axes.set_xlabel("load")
    legend(axes)


def _in_use(axes: Axes, loads: Sequence[LoadForecast]) -> None:
    names = [f"×{load.factor:g}" for load in loads]
    axes.plot(names, [100 * load.forecast.utilisation for load in loads], "o-", label="event loop")
    for number, model in enumerate(loads[0].forecast.models):
        shares = [100 * load.forecast.models[number].utilisation for load in loads]
        axes.plot(names, shares, "o-", label=model.model)
    if all(load.forecast.backend_utilisation is not None for load in loads):
        axes.plot(names, [100 * (load.forecast.backend_utilisation or 0) for load in loads], "o--", label="backends")
    axes.set_ylabel("%")
    axes.set_xlabel("load")
    axes.set_ylim(0, 105)
    legend(axes)
