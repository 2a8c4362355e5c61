"""Keeps results in a SQLite file of their own, which may be read while Guard writes. Rows are added, never changed.

Single exchanges are not in it: the ledger has them. One thread at a time writes. Rows older than `keep_days` are taken
out. Errors are EnergyError.
"""

import sqlite3
from collections.abc import Iterator, Sequence, Set
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from guard.errors import EnergyError
from guard.metering.energy.result import GroupResult, Settled

VERSION: Final = 2
_DAY_MS: Final = 86_400_000
SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS interval (
  pool TEXT NOT NULL, run TEXT NOT NULL, since_ms INTEGER NOT NULL, until_ms INTEGER NOT NULL,
  energy_mj INTEGER, idle_mj INTEGER, void TEXT, method TEXT NOT NULL, weights TEXT NOT NULL,
  PRIMARY KEY (pool, run, since_ms)
) STRICT;
CREATE INDEX IF NOT EXISTS interval_time ON interval (until_ms);
CREATE TABLE IF NOT EXISTS share (
  pool TEXT NOT NULL, run TEXT NOT NULL, since_ms INTEGER NOT NULL, until_ms INTEGER NOT NULL,
  model TEXT NOT NULL, tier TEXT NOT NULL, tenant TEXT NOT NULL,
  prompt_tokens REAL NOT NULL, cached_tokens REAL NOT NULL, answer_tokens REAL NOT NULL, exchanges INTEGER NOT NULL,
  energy_mj REAL, doubt_mj REAL NOT NULL, cost_nanousd INTEGER NOT NULL, unpriced INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS share_time ON share (until_ms);
DROP TABLE IF EXISTS exchange_energy;
"""
_INTERVAL: Final = "INSERT OR IGNORE INTO interval VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
_SHARE: Final = "INSERT INTO share VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_TABLES: Final = ("interval", "share")


class EnergyStore:
    """An open file that one run of Guard adds to."""

    def __init__(self, path: Path, run: str, keep_days: int) -> None:
        """Opens or creates it. Raises EnergyError."""
        self._path = path
        self._run = run
        self._keep_ms = keep_days * _DAY_MS
        self._pruned_ms = 0
        with _named(path):
            # Writes come from whichever thread of the pool has the turn.
            self._db = sqlite3.connect(path, timeout=2.0, isolation_level=None, check_same_thread=False)
            self._begin()

    def write(self, results: Sequence[Settled], now_ms: int) -> None:
        """All of it in one transaction. Raises EnergyError; then nothing was written."""
        with _named(self._path), _transaction(self._db):
            for settled in results:
                self._add(settled)
            if now_ms - self._pruned_ms > _DAY_MS // 24:
                self._prune(now_ms)

    def close(self) -> None:
        """Closes the file."""
        self._db.close()

    def _begin(self) -> None:
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        tables = {name for (name,) in self._db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        if not _ours(version, tables):
            raise EnergyError(f"{self._path} is of another version or another program's; name another energy.path")
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        if version != VERSION:
            self._db.executescript(f"BEGIN IMMEDIATE; {SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;")

    def _add(self, settled: Settled) -> None:
        origin, interval = settled.origin, settled.interval
        when = origin.pool, self._run, interval.since_ms, interval.until_ms
        void = interval.void.value if interval.void else None
        told = interval.energy_mj, interval.idle_mj, void, origin.method, origin.weights
        self._db.execute(_INTERVAL, (*when, *told))
        self._db.executemany(
            _SHARE,
            [(*when, *_group_row(one)) for one in settled.groups],
        )

    def _prune(self, now_ms: int) -> None:
        for table in _TABLES:
            self._db.execute(f"DELETE FROM {table} WHERE until_ms < ?", (now_ms - self._keep_ms,))  # noqa: S608
        self._pruned_ms = now_ms


def _ours(version: int, tables: Set[str]) -> bool:
    """A file that is empty, or that has a version and tables of Guard's."""
    return version <= VERSION and "interval" in tables if version else not tables


def _group_row(one: GroupResult) -> tuple[str | float | None, ...]:
    tokens = one.tokens
    who = one.model, one.tier, one.tenant
    return (*who, tokens.prompt, tokens.cached, tokens.answer, one.exchanges, *_amounts(one))


def _amounts(one: GroupResult) -> tuple[float | None, ...]:
    return one.energy_mj, one.doubt_mj, one.cost_nanousd, one.unpriced


@contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")


@contextmanager
def _named(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise EnergyError(f"{path} can't be used ({type(error).__name__}); check its disk and rights") from None
