"""Prints a report of energy as two tables: pools, and what was asked for."""

from rich.table import Table

from guard.cli.terminal import console, visible
from guard.metering.energy.report import EnergyReport, GroupLine, PoolLine

_ABSENT = "–"


def print_report(report: EnergyReport) -> None:
    """To standard output."""
    out = console()
    pools = Table("pool", "method", "weights", "hours", "kWh", "idle kWh", "no number", box=None)
    for pool in report.pools:
        pools.add_row(*_pool(pool))
    out.print(pools)
    columns = "exchanges", "tokens", "covered", "Wh", "± Wh", "tokens/J", "tokens/s/W", "USD/kWh"
    lines = Table(*report.by, *columns, box=None)
    for line in report.lines:
        lines.add_row(*(visible(part) for part in line.key), *_line(line))
    out.print()
    out.print(lines)


def _pool(line: PoolLine) -> tuple[str, ...]:
    voids = ", ".join(f"{count} {reason}" for reason, count in sorted(line.voids.items()))
    return (
        line.pool,
        ", ".join(line.methods),
        ", ".join(line.weights),
        f"{line.seconds / 3600:.2f}",
        f"{line.energy_mj / 3.6e9:.4f}",
        f"{line.idle_mj / 3.6e9:.4f}",
        f"{voids} of {line.intervals}" if voids else _ABSENT,
    )


def _line(line: GroupLine) -> tuple[str, ...]:
    energy = _ABSENT if line.energy_mj is None else f"{line.energy_mj / 3.6e6:.3f}"
    return (
        str(line.exchanges),
        str(line.prompt_tokens + line.cached_tokens + line.answer_tokens),
        f"{line.covered:.0%}",
        f"{energy} ({line.void})" if line.void else energy,
        f"{line.doubt_mj / 3.6e6:.3f}",
        *(_number(one) for one in (line.tokens_per_joule, line.tokens_per_s_per_watt, line.revenue_usd_per_kwh)),
    )


def _number(value: float | None) -> str:
    return _ABSENT if value is None else f"{value:.3g}"
