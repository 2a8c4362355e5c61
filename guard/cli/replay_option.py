"""What the options of `guard replay` take: factors and tiers' limits. Each is a callback of click's."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from guard.replay.load import TierLimit

_MOST_FACTOR: Final = 10_000.0


def factors(_context: click.Context, _option: click.Parameter, values: Sequence[str]) -> tuple[float, ...]:
    """How many times the recorded load: `x10`, `×10`, `10x`, `10`, `0.5`."""
    return tuple(_factor(value) for value in values)


def tiers(_context: click.Context, _option: click.Parameter, values: Sequence[str]) -> "dict[str, TierLimit]":
    """Tiers' limits, `free=60/10`: exchanges a minute, and how many at once."""
    return dict(_tier(value) for value in values)


def _factor(value: str) -> float:
    try:
        factor = float(value.strip("x×X"))
    except ValueError:
        factor = 0.0
    if not 0 < factor <= _MOST_FACTOR:
        raise click.BadParameter(f"{value} is not a factor from 0 to {_MOST_FACTOR:g}: write x10")
    return factor


def _tier(value: str) -> "tuple[str, TierLimit]":
    from guard.replay.load import TierLimit

    name, _, rest = value.rpartition("=")
    rate, _, burst = rest.partition("/")
    try:
        limit = TierLimit(float(rate), float(burst or 1))
    except ValueError:
        limit = TierLimit(0.0, 0.0)
    if not name or not limit.per_minute > 0 or not limit.burst >= 1:
        raise click.BadParameter(f"{value} is no limit: write NAME=EXCHANGES_A_MINUTE/BURST, as free=60/10")
    return name, limit
