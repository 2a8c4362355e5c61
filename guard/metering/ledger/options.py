"""What a ledger is told when it is made."""

from pathlib import Path
from typing import Final, Literal

import msgspec

SPARE_SLOTS: Final = 64
"""Beyond the exchanges that run at one time: for attempts that overlap."""


class LedgerOptions(msgspec.Struct, frozen=True):
    """`url`: see `guard.metering.location`. Times and sizes are bounds; none of them is waited for by an exchange.

    `journal` is the directory of the runs' journals, None: beside the database, or in memory with it. While the
    database takes nothing for longer than `outage_s`, or more than `journal_bytes` wait, new exchanges are refused, or
    with `behind="serve"` served and, once there is no room for their notes, lost. `slots` are exchanges that can be
    followed at one time.
    """

    url: str
    password: str = ""
    journal: Path | None = None
    flush_ms: int = 250
    sync_ms: int = 1_000
    segment_bytes: int = 8 << 20
    journal_bytes: int = 512 << 20
    outage_s: float = 600.0
    behind: Literal["refuse", "serve"] = "refuse"
    busy_ms: int = 1_000
    slots: int = 4_096 + SPARE_SLOTS
    waiting_records: int = 100_000
    signing_key: str = ""
    """Ed25519, PEM; empty: heads are not signed."""
    head_s: float = 60.0
    head_entries: int = 10_000

    def __repr__(self) -> str:
        return f"LedgerOptions(url={self.url!r}, signed={bool(self.signing_key)})"
