"""Reports of usage, as the settings want them."""

from pathlib import Path

from guard.config import Settings
from guard.metering.energy.report import EnergyBook
from guard.metering.ledger.reader import LedgerReader
from guard.metering.report.book import Bounds, UsageBook
from guard.metering.report.figures import UsageReport
from guard.metering.report.power import with_power
from guard.metering.report.statement import Question


def usage_book(settings: Settings, bounds: Bounds | None = None) -> UsageBook:
    """The ledger, for reports. Raises LedgerError."""
    chosen = settings.ledger_section
    reader = LedgerReader(chosen.url, chosen.password.reveal() if chosen.password is not None else "")
    return UsageBook(reader, bounds or Bounds())


def with_energy(report: UsageReport, question: Question, settings: Settings) -> UsageReport:
    """The report with the energy file's figures, where there is one. Raises EnergyError."""
    path = Path(settings.energy.path)
    return with_power(report, question, EnergyBook(path)) if path.is_file() else report
