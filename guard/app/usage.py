"""Reports of usage, as the settings want them."""

import threading
from pathlib import Path
from typing import Final

from guard.config import Settings
from guard.metering.energy.report import EnergyBook
from guard.metering.ledger.reader import LedgerReader
from guard.metering.location import parse_location
from guard.metering.report.book import Bounds, UsageBook
from guard.metering.report.figures import UsageReport
from guard.metering.report.power import with_power
from guard.metering.report.statement import Question
from guard.runtime.reporting import Reports

SECONDS: Final = 60.0
LINES: Final = 5_000


def usage_report(settings: Settings, question: Question, bounds: Bounds, power: bool = True) -> UsageReport:
    """A report, with the energy file's figures. Raises LedgerError, EnergyError, ReportTooLarge."""
    chosen = settings.ledger_section
    reader = LedgerReader(chosen.url, chosen.password.reveal() if chosen.password is not None else "")
    try:
        report = UsageBook(reader, bounds).report(question)
    finally:
        reader.close()
    path = Path(settings.energy.path)
    return with_power(report, question, EnergyBook(path)) if power and path.is_file() else report


def build_reports(settings: Settings) -> Reports | None:
    """Who makes reports while Guard serves; None for a ledger in memory, which nobody else can read."""
    location = parse_location(settings.ledger_section.url)
    if location.path is None and not location.server:
        return None
    stopped = threading.Event()
    bounds = Bounds(SECONDS, LINES, stopped.is_set)
    return Reports(lambda question, power: usage_report(settings, question, bounds, power), stopped.set)
