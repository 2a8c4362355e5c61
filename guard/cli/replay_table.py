"""A replay's result on a terminal."""

from collections.abc import Iterator
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from guard.cli.moment import written
from guard.replay.forecast import Forecast
from guard.replay.quantile import Quantiles
from guard.replay.report import Report
from guard.replay.result import Calibrated, LoadForecast, RecordedWindow, Result

MOST_ROWS: Final = 40


def show(result: Result, console: Console) -> None:
    """Prints what there is."""
    if result.rollout is not None:
        _show_rollout(result.rollout, console)
    if result.loads:
        console.print(_loads(result.loads))
        if result.loads[0].forecast.models:
            console.print(_models(result.loads))
    if result.recorded is not None:
        console.print(f"- {recorded_line(result.recorded)}", markup=False, highlight=False)
    if result.calibrated is not None:
        _show_calibrated(result.calibrated, console)


def _show_rollout(report: Report, console: Console) -> None:
    live = report.live or "the recorded decisions"
    console.print(
        f"{report.exchanges} exchanges from {written(report.since_ms)} to {written(report.until_ms)}: "
        f"{live} → {report.new}; {report.changed} differ",
        markup=False,
        highlight=False,
    )
    if report.changes:
        console.print(_changes(report))
    console.print(_transitions(report))
    console.print(_bills(report))
    for line in remarks(report):
        console.print(f"- {line}", markup=False, highlight=False)


def remarks(report: Report) -> Iterator[str]:
    """What a reader should know before believing the figures, a sentence each."""
    for reason, exchanges in report.doubts.items():
        yield f"{exchanges} of {report.exchanges} can't be replayed for sure: {reason}"
    if report.unreplayed:
        yield f"{report.unreplayed} more ended before a policy was asked, or were recorded by another version"
    if report.unlike_the_record:
        yield f"for {report.unlike_the_record} the live policy, asked again, says other than its own record"
    if unpriced := sum(bill.live_unpriced_tokens for bill in report.bills):
        yield f"{unpriced} tokens are of models without a price: name them in --prices"
    if len(report.changes) > MOST_ROWS:
        yield f"{len(report.changes) - MOST_ROWS} more rows are in --format json and --html"


def _changes(report: Report) -> Table:
    table = _table("What would differ", ("tenant", "what", "rule"), ("new", "gone", "unsure"))
    for change in report.changes[:MOST_ROWS]:
        table.add_row(
            Text(change.tenant),
            Text(change.kind),
            Text(change.rule),
            *(str(count) if count else "" for count in (change.gained, change.lost, change.doubtful)),
        )
    return table


def _transitions(report: Report) -> Table:
    table = _table("What becomes of exchanges", ("tenant", "live", "new"), ("exchanges",))
    for row in report.transitions[:MOST_ROWS]:
        table.add_row(Text(row.tenant), row.live, row.new, str(row.exchanges))
    return table


def _bills(report: Report) -> Table:
    table = _table("What backends would count", ("tenant",), ("prompt tokens", "answer tokens", "USD"))
    for bill in report.bills[:MOST_ROWS]:
        table.add_row(
            Text(bill.tenant),
            _moved(bill.live_prompt_tokens, bill.new_prompt_tokens),
            _moved(bill.live_answer_tokens, bill.new_answer_tokens),
            f"{usd(bill.live_cost_nanousd)} → {usd(bill.new_cost_nanousd)}",
        )
    return table


def _loads(loads: tuple[LoadForecast, ...]) -> Table:
    first = loads[0]
    window = f"The busiest {first.window_s:g} s of the record, from {written(first.begin_ms)}"
    title = f"{window}, simulated; times as p50 / p95 / p99"
    table = _table(title, ("",), tuple(f"×{load.factor:g}" for load in loads))
    for name, cells in load_rows(loads):
        table.add_row(name, *cells)
    return table


def load_rows(loads: tuple[LoadForecast, ...]) -> Iterator[tuple[str, list[str]]]:
    """Each figure by its name, one for each load."""
    told = [load.forecast for load in loads]
    yield "exchanges offered", [str(one.offered) for one in told]
    yield "served", [str(one.served) for one in told]
    yield "refused", [_counts(one.refused) for one in told]
    yield "failed", [_counts(one.failed) for one in told]
    for name, of in _TIMES.items():
        yield f"{name}, ms", [milliseconds(getattr(one, of)) for one in told]
    yield "event loop in use", [f"{one.utilisation:.0%}" for one in told]
    yield "backends in use", [_share(one) for one in told]
    yield "tokens (prompt / answer)", [f"{one.prompt_tokens} / {one.answer_tokens}" for one in told]
    yield "USD", [usd(one.cost_nanousd) for one in told]


_TIMES: Final = {
    "wait for the loop": "loop_wait_s",
    "prompt's verdict": "verdict_s",
    "wait for a backend": "backend_wait_s",
    "first token": "first_s",
    "added by Guard": "added_s",
    "whole answer": "total_s",
}


def recorded_line(seen: RecordedWindow) -> str:
    """What stands in the record beside what is simulated."""
    return (
        f"recorded in that window: {seen.exchanges} exchanges, first token {milliseconds(seen.first_s)} ms, "
        f"whole answer {milliseconds(seen.total_s)} ms"
    )


def _models(loads: tuple[LoadForecast, ...]) -> Table:
    table = _table(
        "Batches and turns: rows (mean / p99), in use", ("model",), tuple(f"×{one.factor:g}" for one in loads)
    )
    for number, model in enumerate(loads[0].forecast.models):
        found = [one.forecast.models[number] for one in loads]
        table.add_row(
            Text(model.model), *(f"{one.rows.mean:.1f} / {one.rows.p99:g}, {one.utilisation:.0%}" for one in found)
        )
    return table


def _show_calibrated(found: Calibrated, console: Console) -> None:
    lines = [f"- service times: {found.origin}"]
    if found.errors:
        lines.append(f"- beside a real server ({found.twin}) the simulation was off by:")
        lines += [f"  {one.what}: {one.least:+.0%} to {one.most:+.0%}" for one in found.errors]
    for line in lines:
        console.print(line, markup=False, highlight=False)


def milliseconds(found: Quantiles) -> str:
    """Three quantiles of seconds."""
    return " / ".join(f"{1e3 * value:.1f}" for value in (found.p50, found.p95, found.p99))


def usd(nanousd: float) -> str:
    """Dollars, as exactly as they matter."""
    return f"{nanousd / 1e9:.4f}"


def _share(one: Forecast) -> str:
    return "no bound" if one.backend_utilisation is None else f"{one.backend_utilisation:.0%}"


def _counts(counts: object) -> str:
    assert isinstance(counts, dict)
    return ", ".join(f"{count} {code}" for code, count in sorted(counts.items())) or "0"


def _moved(live: int, new: int) -> str:
    return str(live) if live == new else f"{live} → {new}"


def _table(title: str, words: tuple[str, ...], numbers: tuple[str, ...]) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for name in words:
        table.add_column(name, overflow="fold")
    for name in numbers:
        table.add_column(name, justify="right", overflow="fold")
    return table
