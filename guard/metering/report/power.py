"""Puts the figures of the energy file beside a report's lines: those with idle energy in them, and revenue.

The file knows models, tiers and tenants alone. It counts intervals that ended in the time, where the report counts
exchanges that began in it: over days the two are the same work, over minutes they need not be.
"""

from typing import Final

import msgspec

from guard.metering.energy.report import Dimension, EnergyBook, GroupLine
from guard.metering.report.figures import UsageLine, UsagePower, UsageReport
from guard.metering.report.statement import Question

_KNOWN: Final[tuple[Dimension, ...]] = ("model", "tier", "tenant")


def is_powered(question: Question) -> bool:
    """Whether the file can tell of the lines: they are for what it knows, and so is what they are chosen by."""
    by = {one.title for one in question.by}
    chosen = {one.dimension.title for one in question.where}
    return bool(by) and by <= set(_KNOWN) and chosen <= by


def with_power(report: UsageReport, question: Question, book: EnergyBook) -> UsageReport:
    """The report, with `power` where the file has something. Raises EnergyError."""
    if not is_powered(question):
        return report
    by = [name for name in _KNOWN if name in report.by]
    lines = book.report(report.since_ms, report.until_ms, by).lines
    # The book has its own order of dimensions, which is the key's.
    found = {line.key: _power(line) for line in lines}
    powered = (_with(line, found.get(tuple(line.key[name] or "" for name in by))) for line in report.lines)
    return msgspec.structs.replace(report, lines=tuple(powered))


def _with(line: UsageLine, power: UsagePower | None) -> UsageLine:
    return line if power is None else msgspec.structs.replace(line, power=power)


def _power(line: GroupLine) -> UsagePower:
    return UsagePower(
        energy_mj=line.energy_mj,
        whole_mj=line.whole_mj,
        covered=line.covered,
        tokens_per_joule=line.tokens_per_joule,
        tokens_per_s_per_watt=line.tokens_per_s_per_watt,
        revenue_usd_per_kwh=line.revenue_usd_per_kwh,
        void=line.void,
    )
