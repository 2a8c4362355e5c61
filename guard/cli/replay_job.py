"""One `guard replay`: the options, what they ask for, and where the result goes."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from guard.cli.replay_fleet import fleet_of, read_prices, read_times, times_of
from guard.cli.replay_policy import opened_policy
from guard.cli.replay_run import Chosen, Record, find_peak, forecasts, roll_out, window_of
from guard.config import Settings
from guard.errors import ConfigError
from guard.replay.arrival import Peak
from guard.replay.load import Price, TierLimit
from guard.replay.reference import REFERENCE, TWIN, TWIN_ERRORS
from guard.replay.report import Report
from guard.replay.result import Calibrated, LoadForecast, RecordedWindow, Result

if TYPE_CHECKING:
    from rich.progress import Progress


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What the options say. `new` None: no policy is replayed; no `factors`: no load is simulated."""

    new: Path | None
    against: Path | None
    since_ms: int
    until_ms: int | None
    tenants: tuple[str, ...]
    prices: Path | None
    factors: tuple[float, ...]
    window_s: float
    replicas: int
    cores: int
    backends: int
    lanes: int
    tiers: dict[str, TierLimit]
    calibration: Path | None
    form: str
    page: Path | None

    def run(self, settings: Settings, record: Record) -> Result:
        """Does it. Raises ConfigError: a policy that does not compile, nothing recorded."""
        prices = read_prices(self.prices) if self.prices is not None else {}
        chosen = Chosen(self.since_ms, self.until_ms or time.time_ns() // 1_000_000, self.tenants)
        exchanges, peak = chosen.count(record), Peak(int(self.window_s * 1000))
        if not exchanges:
            raise ConfigError("nothing was recorded in that time: choose another with --since, --until and --tenant")
        rollout: Report | None = None
        with progress() as bar:
            task = bar.add_task("replaying" if self.new is not None else "reading", total=exchanges)
            advance: Callable[[], None] = lambda: bar.advance(task)  # noqa: E731
            if self.new is not None:
                live = opened_policy(self.against) if self.against is not None else None
                rollout = roll_out(record, chosen, opened_policy(self.new), live, prices, peak, advance)
            else:
                find_peak(record, chosen, peak, advance)
            if not self.factors:
                return Result(rollout)
            loads, seen = self._loads(settings, record, chosen, peak, prices, bar)
        return Result(rollout, loads, seen, Calibrated(self._origin(), TWIN, TWIN_ERRORS))

    def _loads(
        self,
        settings: Settings,
        record: Record,
        chosen: Chosen,
        peak: Peak,
        prices: dict[str, Price],
        bar: "Progress",
    ) -> tuple[tuple[LoadForecast, ...], RecordedWindow]:
        fleet = fleet_of(settings, self.replicas, self.cores, self.backends, self.lanes, self.tiers)
        times = times_of(settings, self.calibration)
        task = bar.add_task("simulating", total=len(self.factors))
        begin_ms = peak.begin_ms
        assert begin_ms is not None
        asks, seen = window_of(record, chosen, begin_ms, self.window_s, times)
        return forecasts(asks, seen, self.factors, fleet, times, prices, lambda: bar.advance(task)), seen

    def _origin(self) -> str:
        return REFERENCE.origin if self.calibration is None else read_times(self.calibration).origin


def deliver(result: Result, job: Job) -> None:
    """Prints the result, and writes the page if one is asked for. Raises ConfigError."""
    if job.page is not None:
        from guard.cli.replay_page import page

        try:
            job.page.write_text(page(result), encoding="utf-8")
        except OSError as error:
            raise ConfigError(f"{job.page}: can't be written ({error.strerror}): name another file") from None
    if job.form == "json":
        click.echo(msgspec.json.format(msgspec.json.encode(result), indent=2).decode())
        return
    from rich.console import Console

    from guard.cli.replay_table import show

    show(result, Console(soft_wrap=not sys.stdout.isatty()))


@contextmanager
def progress() -> "Iterator[Progress]":
    """A bar on standard error while the work lasts; nothing where nobody watches."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    watched = sys.stderr.isatty()
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not watched) as bar:
        yield bar
