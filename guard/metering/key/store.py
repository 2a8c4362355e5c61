"""The key store: a SQLite file of keys' digests and what they are good for. No key is in it.

Each call opens the file and closes it, so that any process and thread may call; it blocks for a moment. A server
learns of changes by `watch.py`. It can't tell who calls: that is the file's permissions' business, and the admin API's.
"""

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from guard.core.facts import Identity
from guard.core.grant import Bounds, Key
from guard.core.key_record import FreshKey, KeyOrder, KeyRecord
from guard.errors import KeyConflict, KeyStoreError, NotFound
from guard.metering.key.draw import draw
from guard.metering.key.form import check_order, network, unwrapped, wrapped

MOST_KEYS: Final = 50_000
"""Revoked ones included: their names stay taken, for the ledger still speaks of them."""
MOST_DIGESTS: Final = 8
"""Of one key that are taken at one time."""
_VERSION: Final = 1
_BUSY_S: Final = 2.0
_SCHEMA: Final = (
    "CREATE TABLE key (name TEXT PRIMARY KEY, tenant TEXT NOT NULL, tier TEXT NOT NULL, scopes TEXT NOT NULL,"
    " models TEXT NOT NULL, networks TEXT NOT NULL, created_ms INTEGER NOT NULL, expires_ms INTEGER,"
    " revoked_ms INTEGER) STRICT",
    "CREATE TABLE digest (sha256 TEXT PRIMARY KEY, name TEXT NOT NULL REFERENCES key (name),"
    " made_ms INTEGER NOT NULL, until_ms INTEGER) STRICT",
    f"PRAGMA user_version = {_VERSION}",
)
_RECORDS: Final = (
    "SELECT name, tenant, tier, scopes, models, networks, created_ms, expires_ms, revoked_ms,"
    " (SELECT max(until_ms) FROM digest WHERE digest.name = key.name) FROM key"
)
_KEYS: Final = (
    "SELECT sha256, name, tenant, tier, scopes, models, networks, expires_ms, until_ms, revoked_ms"
    " FROM digest JOIN key USING (name)"
)


class KeyStore:
    """One file. Every method raises KeyStoreError."""

    def __init__(self, path: Path) -> None:
        """Touches nothing yet."""
        self.path: Final = path

    def prepare(self) -> None:
        """Creates the file, for its owner's eyes alone, if there is none."""
        with self._open():
            pass

    def create(self, order: KeyOrder) -> FreshKey:
        """A new key. Raises KeyConflict for a name that is taken, InvalidKeyOrder."""
        check_order(order, _now())
        key, sha256 = draw()
        now, lists = _now(), (wrapped(order.scopes), wrapped(order.models), wrapped(order.networks))
        with self._open() as db:
            if db.execute("SELECT count(*) FROM key").fetchone()[0] >= MOST_KEYS:
                raise KeyConflict(f"The key store holds {MOST_KEYS} keys, the most it may: begin a new one.")
            if db.execute("SELECT 1 FROM key WHERE name = ?", (order.name,)).fetchone():
                raise KeyConflict("A key of this name was made before: choose another name, or rotate that key.")
            values = (order.name, order.tenant, order.tier, *lists, now, order.expires_ms)
            db.execute("INSERT INTO key VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL)", values)
            db.execute("INSERT INTO digest VALUES (?, ?, ?, NULL)", (sha256, order.name, now))
            return FreshKey(key, _record(db, order.name))

    def rotate(self, name: str, overlap_ms: int) -> FreshKey:
        """A new key in the place of one, which is taken for `overlap_ms` more. Raises NotFound, KeyConflict."""
        key, sha256 = draw()
        now = _now()
        with self._open() as db:
            _usable(_record(db, name), now)
            db.execute("DELETE FROM digest WHERE name = ? AND until_ms <= ?", (name, now))
            if db.execute("SELECT count(*) FROM digest WHERE name = ?", (name,)).fetchone()[0] >= MOST_DIGESTS:
                raise KeyConflict(f"{MOST_DIGESTS} keys of this name are taken already: wait until an overlap ends.")
            db.execute("UPDATE digest SET until_ms = ? WHERE name = ? AND until_ms IS NULL", (now + overlap_ms, name))
            db.execute("INSERT INTO digest VALUES (?, ?, ?, NULL)", (sha256, name, now))
            return FreshKey(key, _record(db, name))

    def revoke(self, name: str) -> KeyRecord:
        """Ends a key, for good. Doing it twice changes nothing. Raises NotFound."""
        with self._open() as db:
            _record(db, name)
            db.execute("UPDATE key SET revoked_ms = ? WHERE name = ? AND revoked_ms IS NULL", (_now(), name))
            return _record(db, name)

    def records(self) -> Sequence[KeyRecord]:
        """All of them, by name."""
        with self._open() as db:
            return tuple(map(_recorded, db.execute(f"{_RECORDS} ORDER BY name")))

    def find(self, name: str) -> KeyRecord:
        """One of them. Raises NotFound."""
        with self._open() as db:
            return _record(db, name)

    def keys(self) -> Sequence[Key]:
        """What `KeyTable` is made of: revoked keys as well, whose holders are to be told."""
        with self._open() as db:
            return tuple(map(_key, db.execute(_KEYS)))

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """A transaction: all of it, or nothing."""
        try:
            db = connect(self.path)
            try:
                with db:
                    db.execute("BEGIN IMMEDIATE")
                    _migrate(db)
                    yield db
            finally:
                db.close()
        except (sqlite3.Error, OSError) as error:
            raise KeyStoreError(
                f"The key store can't be used ({type(error).__name__}): check identity.key_store and its disk."
            ) from None


def connect(path: Path) -> sqlite3.Connection:
    """The open file, created for its owner alone. Raises OSError, sqlite3.Error."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    return sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)


def _migrate(db: sqlite3.Connection) -> None:
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version > _VERSION:
        raise KeyStoreError("The key store was written by a newer Guard: use that one.")
    if version == 0:
        for statement in _SCHEMA:
            db.execute(statement)


def _record(db: sqlite3.Connection, name: str) -> KeyRecord:
    row = db.execute(f"{_RECORDS} WHERE name = ?", (name,)).fetchone()
    if row is None:
        raise NotFound("The key store has no key of this name: `guard key list` shows those that it has.")
    return _recorded(row)


def _recorded(row: Sequence[object]) -> KeyRecord:
    name, tenant, tier, scopes, models, networks, *times = row
    lists = (unwrapped(scopes), unwrapped(models), unwrapped(networks))
    return KeyRecord(name, tenant, tier, *lists, *times)  # type: ignore[arg-type]  # STRICT tables keep their types


def _key(row: Sequence[object]) -> Key:
    sha256, name, tenant, tier, scopes, models, networks, expires_ms, until_ms, revoked_ms = row
    ends = [end for end in (expires_ms, until_ms) if isinstance(end, int)]
    bounds = Bounds(
        scopes=unwrapped(scopes),
        models=unwrapped(models),
        networks=tuple(map(network, unwrapped(networks))),
        until_ms=min(ends) if ends else None,
        revoked=revoked_ms is not None,
    )
    return Key(str(sha256), Identity(str(tenant), str(name), str(tier)), bounds)


def _usable(record: KeyRecord, now_ms: int) -> None:
    if record.state(now_ms) in ("revoked", "expired"):
        raise KeyConflict(f"This key is {record.state(now_ms)}: make another one.")


def _now() -> int:
    return time.time_ns() // 1_000_000
