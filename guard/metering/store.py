"""The ledger's SQLite database: opening, schema version, runs, batches. One thread at a time; errors are LedgerError.

Write-ahead log with synchronous=NORMAL: what is committed survives the end of the process, however it ends; a power
failure may take the last commits, and never the database's soundness (https://www.sqlite.org/wal.html).
"""

import contextlib
import os
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from guard.core.entry import Closing, Opening
from guard.errors import LedgerError
from guard.metering.row import CLOSE, OPEN, SCHEMA, TO_SECOND, closing_row, opening_row
from guard.metering.run import RunLock, bury_if_dead

SCHEMA_VERSION: Final = 2
_BUSY_STEP_S: Final = 0.01

Note = Opening | Closing


class Store:
    """An open database of one run."""

    def __init__(self, path: Path | None, run: str, busy_ms: int) -> None:
        """Opens or creates it, and marks what dead runs left open. Raises LedgerError."""
        self._path = path
        self._run = run
        self._lock: RunLock | None = None
        try:
            self._db = _connect(path, busy_ms)
        except (sqlite3.Error, OSError) as error:
            raise _failure(path, error) from None
        try:
            self._begin()
        except LedgerError:
            self._abandon()
            raise
        except (sqlite3.Error, OSError) as error:
            self._abandon()
            raise _failure(path, error) from None

    def write(self, notes: Sequence[Note]) -> None:
        """All of `notes` in one transaction, or none of them. Raises LedgerError."""
        openings = [opening_row(self._run, note) for note in notes if isinstance(note, Opening)]
        closings = [closing_row(self._run, note) for note in notes if isinstance(note, Closing)]
        try:
            with _Transaction(self._db):
                self._db.executemany(OPEN, openings)
                self._db.executemany(CLOSE, closings)
        except sqlite3.Error as error:
            raise _failure(self._path, error) from None

    def close(self) -> None:
        """Ends the run and closes the file. Never raises: a run that can't say it ended is found dead later."""
        try:
            self._db.execute("UPDATE run SET ended_ms = ? WHERE run = ?", (_now_ms(), self._run))
            self._db.close()
        except sqlite3.Error:
            pass
        self._abandon()

    def _begin(self) -> None:
        if self._path is not None:
            # Before the run is told of: whoever reads of it finds the lock held.
            self._lock = RunLock(self._path, self._run)
        with _Transaction(self._db):
            self._migrate()
            self._mark_dead_runs()
            self._db.execute(
                "INSERT INTO run (run, pid, started_ms) VALUES (?, ?, ?)", (self._run, os.getpid(), _now_ms())
            )

    def _migrate(self) -> None:
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version == SCHEMA_VERSION:
            return
        for statement in (TO_SECOND if version == 1 else SCHEMA).split(";"):
            self._db.execute(statement)
        self._db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def _mark_dead_runs(self) -> None:
        if self._path is None:
            return
        runs = [row[0] for row in self._db.execute("SELECT run FROM run WHERE ended_ms IS NULL")]
        for run in runs:
            if bury_if_dead(self._path, run):
                self._db.execute("UPDATE run SET ended_ms = ? WHERE run = ?", (_now_ms(), run))
        self._db.execute(
            "UPDATE exchange SET status = 'failed', reason = 'process_died' "
            "WHERE status = 'open' AND run IN (SELECT run FROM run WHERE ended_ms IS NOT NULL)"
        )

    def _abandon(self) -> None:
        self._db.close()
        if self._lock is not None:
            self._lock.release()
            self._lock = None


class _Transaction:
    """BEGIN IMMEDIATE, so that a lock held elsewhere is met at once; COMMIT, or ROLLBACK on any error."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            try:
                self._db.execute("COMMIT")
            except sqlite3.Error:
                self._roll_back()
                raise
        else:
            self._roll_back()

    def _roll_back(self) -> None:
        # SQLite has rolled back by itself after some errors (disk full, I/O).
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")


def _connect(path: Path | None, busy_ms: int) -> sqlite3.Connection:
    if path is not None:
        _create(path)
    # Handed from the thread that opens it to the one that writes, never used by two at once.
    name = ":memory:" if path is None else str(path)
    db = sqlite3.connect(name, timeout=busy_ms / 1000, isolation_level=None, check_same_thread=False)
    try:
        _refuse_foreign(db, path)
        _use_write_ahead_log(db, time.monotonic() + busy_ms / 1000)
        db.execute("PRAGMA synchronous = NORMAL")
    except (sqlite3.Error, LedgerError):
        db.close()
        raise
    return db


def _create(path: Path) -> None:
    # Made here so that no other user can read it; SQLite gives its side files the same mode. A file that exists is
    # not even opened: closing it would drop the locks that this process may hold on it through SQLite.
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600))


def _refuse_foreign(db: sqlite3.Connection, path: Path | None) -> None:
    # In this order: a ledger that another process makes in between shows its version.
    tables = db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if not 0 <= version <= SCHEMA_VERSION or (tables and not version):
        raise LedgerError(
            f"the ledger {path} is a database that this version of Guard did not make "
            f"(schema {version}, this is {SCHEMA_VERSION}); name another file under ledger"
        )


def _use_write_ahead_log(db: sqlite3.Connection, deadline: float) -> None:
    # SQLite doesn't wait for its lock here, so two processes that make one ledger at once would meet.
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() >= deadline:
                raise
            time.sleep(_BUSY_STEP_S)


def _failure(path: Path | None, error: sqlite3.Error | OSError) -> LedgerError:
    why = error.strerror if isinstance(error, OSError) else getattr(error, "sqlite_errorname", type(error).__name__)
    return LedgerError(f"the ledger {path or 'in memory'} can't be written ({why}); check its disk, rights and locks")


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
