"""The ledger, as the settings want it."""

from pathlib import Path

from guard.config import Settings
from guard.metering.ledger.options import SPARE_SLOTS, LedgerOptions


def ledger_options(settings: Settings) -> LedgerOptions:
    """What the ledger is told."""
    chosen = settings.ledger_section
    return LedgerOptions(
        url=chosen.url,
        password=chosen.password.reveal() if chosen.password is not None else "",
        journal=Path(chosen.journal) if chosen.journal is not None else None,
        flush_ms=settings.ledger_flush_ms,
        sync_ms=chosen.sync_ms,
        journal_bytes=chosen.journal_mb * 1_000_000,
        outage_s=chosen.outage_s,
        behind=chosen.behind,
        slots=settings.limits.exchanges + SPARE_SLOTS,
        signing_key=chosen.signing_key.reveal() if chosen.signing_key is not None else "",
        head_s=chosen.head_s,
        head_entries=chosen.head_entries,
    )
