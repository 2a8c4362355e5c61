"""`guard energy`: what tokens took, and the calibration of what they weigh."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from guard.cli.moment import Moment
from guard.cli.source import config_option, configured

if TYPE_CHECKING:
    from guard.config import EnergySettings
    from guard.metering.energy.report import Dimension

_SINCE = click.option("--since", default="7d", type=Moment(), show_default=True, help="7d, 12h, 30m ago, or a date.")
_UNTIL = click.option("--until", default=None, type=Moment(), help="Up to when; now by default.")


@click.group()
def energy() -> None:
    """Energy: what each pool, model, tier and tenant took."""


@energy.command("show")
@click.option("--by", default="model", show_default=True, help="pool, model, tier, tenant; several with commas.")
@_SINCE
@_UNTIL
@click.option("--format", "form", type=click.Choice(("table", "json")), default="table", help="How to print it.")
@config_option
def show(by: str, since: int, until: int | None, form: str, config_file: Path | None) -> None:
    """Print energy, tokens for a joule and revenue for a kilowatt-hour."""
    import msgspec

    from guard.cli.energy_table import print_report
    from guard.metering.energy.report import EnergyBook

    book = EnergyBook(Path(configured(config_file).energy.path))
    report = book.report(since, _now(until), _dimensions(by))
    if form == "json":
        click.echo(msgspec.json.format(msgspec.json.encode(report), indent=2))
    else:
        print_report(report)


@energy.command("calibrate")
@click.option("--pool", required=True, help="The pool's name in energy.pools.")
@_SINCE
@_UNTIL
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="The file of weights.")
@config_option
def calibrate(pool: str, since: int, until: int | None, out: Path, config_file: Path | None) -> None:
    """Fit what tokens weigh to what a pool took, and write it to a file for energy.pools[].weights."""
    import msgspec

    from guard.metering.energy.calibration import NotCalibrated
    from guard.metering.energy.calibration import calibrate as fitted
    from guard.metering.energy.report import EnergyBook

    section = configured(config_file).energy
    _check_pool(pool, section)
    observed = EnergyBook(Path(section.path)).observations(pool, since, _now(until))
    try:
        weights = fitted(observed, pool)
    except NotCalibrated as error:
        raise click.ClickException(f"{pool} can't be calibrated: {error}") from None
    try:
        out.write_bytes(msgspec.json.format(msgspec.json.encode(weights), indent=2) + b"\n")
    except OSError as error:
        raise click.ClickException(f"{out} can't be written ({error.strerror}); name another file") from None
    click.echo(
        f"{weights.version}: {weights.intervals} intervals, {weights.idle_w:.0f} W without work, "
        f"{weights.residual:.1%} between intervals, a line uncertain by {weights.doubt:.1%} at the most; "
        f"written to {out}"
    )


def _check_pool(name: str, section: "EnergySettings") -> None:
    """Refuses what there is nothing to calibrate of."""
    pool = next((one for one in section.pools if one.name == name), None)
    if pool is None:
        named = ", ".join(one.name for one in section.pools) or "none is configured"
        raise click.UsageError(f"--pool names no pool of energy.pools ({named})")
    if pool.source.joules_per_token:
        raise click.UsageError(f"{name} is not measured: its joules for a token are configured")


def _dimensions(by: str) -> "tuple[Dimension, ...]":
    from guard.metering.energy.report import DIMENSIONS

    asked = [name.strip() for name in by.split(",")]
    chosen = tuple(name for name in DIMENSIONS if name in asked)
    if len(chosen) != len(asked):
        raise click.UsageError("--by takes pool, model, tier and tenant, each once, with commas between them")
    return chosen


def _now(until: int | None) -> int:
    return time.time_ns() // 1_000_000 if until is None else until
