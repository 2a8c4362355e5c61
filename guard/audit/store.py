"""Writes the record: one transaction a batch, and what is too old is taken out again. One thread at a time."""

import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from guard.audit.database import create_or_open, failure, seal_for
from guard.audit.schema import CLOSE, DECIDE, NOTE, OPEN, PRUNE
from guard.audit.seal import Seal
from guard.core.bare_facts import bare
from guard.core.decision_json import decision_json, sound_json
from guard.core.entry import Closing, Opening
from guard.core.record import DecisionRecord, ExchangeNote
from guard.errors import AuditError

Entry = Opening | Closing | ExchangeNote | DecisionRecord
DAY_MS: Final = 86_400_000
_PRUNE_ROWS: Final = 5_000
_PRUNE_EVERY_MS: Final = 3_600_000


class RecordStore:
    """An open record. `secret` None: texts are not kept."""

    def __init__(self, path: Path, secret: str | None, keep_days: int) -> None:
        """Opens or makes it. Raises AuditError."""
        self._path = path
        self._keep_ms = keep_days * DAY_MS
        self._pruned_ms = 0
        self._db = create_or_open(path)
        try:
            self._seal: Seal | None = None if secret is None else seal_for(self._db, path, secret)
        except AuditError:
            self._db.close()
            raise

    def write(self, entries: Sequence[Entry]) -> None:
        """All entries in one transaction, or none. Raises AuditError."""
        self._prune_now_and_then()
        try:
            self._db.execute("BEGIN IMMEDIATE")
            for entry in entries:
                self._put(entry)
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            self._roll_back()
            raise failure(self._path, error) from None

    def prune(self, before_ms: int) -> int:
        """Takes out what is older, and gives its room back to the disk. The number of rows. Raises AuditError."""
        removed = 0
        try:
            for statement in PRUNE:
                while rows := self._db.execute(statement, (before_ms, _PRUNE_ROWS)).rowcount:
                    removed += rows
            self._db.execute("PRAGMA incremental_vacuum").fetchall()
        except sqlite3.Error as error:
            raise failure(self._path, error) from None
        return removed

    def close(self) -> None:
        """Closes the file."""
        self._db.close()

    def _prune_now_and_then(self) -> None:
        now_ms = time.time_ns() // 1_000_000
        if now_ms - self._pruned_ms >= _PRUNE_EVERY_MS:
            self.prune(now_ms - self._keep_ms)
            self._pruned_ms = now_ms

    def _put(self, entry: Entry) -> None:
        match entry:
            case Opening():
                row = (entry.exchange, entry.tenant, entry.started_ms, sound_json(entry))
                self._db.execute(OPEN, row)
            case Closing():
                self._db.execute(CLOSE, (sound_json(entry), entry.exchange))
            case ExchangeNote():
                sealed = self._sealed(sound_json(entry.texts), entry.exchange) if entry.texts else None
                told = sound_json(msgspec.structs.replace(entry, texts=()))
                self._db.execute(NOTE, (told, sealed, entry.exchange))
            case DecisionRecord():
                self._db.execute(DECIDE, self._decision_row(entry))

    def _decision_row(self, record: DecisionRecord) -> tuple[str, int, bytes, bytes, bytes, bytes | None]:
        facts, _ = bare(record.facts)
        head = {
            "decision_id": record.decision_id,
            "point": record.point,
            "generation": record.generation,
            "at_ns": record.at_ns,
            "elapsed_ns": record.elapsed_ns,
            "error": record.error,
        }
        return (
            record.exchange,
            record.at_ns // 1_000_000,
            sound_json(head),
            sound_json(facts),
            b"" if record.decision is None else decision_json(record.decision),
            self._sealed(sound_json(record.facts), record.decision_id) if facts is not record.facts else None,
        )

    def _sealed(self, data: bytes, about: str) -> bytes | None:
        return None if self._seal is None else self._seal.close(data, about)

    def _roll_back(self) -> None:
        # SQLite has rolled back by itself after some errors (disk full, I/O).
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")
