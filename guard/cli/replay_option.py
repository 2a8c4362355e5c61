"""What the options of `guard replay` take: spans of time, factors, tiers' limits. Each is a callback of click's."""

import datetime
import re
from collections.abc import Sequence
from typing import Final

import click

from guard.replay.load import TierLimit

_UNITS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_SPAN: Final = re.compile(r"(\d{1,6})([smhdw])")
_MOST_FACTOR: Final = 10_000.0


def moment(_context: click.Context, _option: click.Parameter, value: str | None) -> int | None:
    """Unix milliseconds of a span back from now (`90m`, `24h`, `7d`) or a time (RFC 3339, or a date; UTC)."""
    if value is None:
        return None
    now = datetime.datetime.now(datetime.UTC)
    if found := _SPAN.fullmatch(value):
        return int((now.timestamp() - int(found[1]) * _UNITS[found[2]]) * 1000)
    try:
        when = datetime.datetime.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(f"{value} is neither a span (90m, 24h, 7d) nor a time (2026-03-01T12:00Z)") from None
    return int((when if when.tzinfo else when.replace(tzinfo=datetime.UTC)).timestamp() * 1000)


def factors(_context: click.Context, _option: click.Parameter, values: Sequence[str]) -> tuple[float, ...]:
    """How many times the recorded load: `x10`, `×10`, `10x`, `10`, `0.5`."""
    return tuple(_factor(value) for value in values)


def tiers(_context: click.Context, _option: click.Parameter, values: Sequence[str]) -> dict[str, TierLimit]:
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


def _tier(value: str) -> tuple[str, TierLimit]:
    name, _, rest = value.rpartition("=")
    rate, _, burst = rest.partition("/")
    try:
        limit = TierLimit(float(rate), float(burst or 1))
    except ValueError:
        limit = TierLimit(0.0, 0.0)
    if not name or not limit.per_minute > 0 or not limit.burst >= 1:
        raise click.BadParameter(f"{value} is no limit: write NAME=EXCHANGES_A_MINUTE/BURST, as free=60/10")
    return name, limit
