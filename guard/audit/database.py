"""The record's SQLite file: made, opened and recognized; its salt and the proof that a key is the right one.

Write-ahead log, so that readers and the writer do not wait for each other.
"""

import contextlib
import os
import sqlite3
from pathlib import Path
from typing import Final

from guard.audit.schema import APPLICATION, TABLES, VERSION
from guard.audit.seal import SALT_BYTES, Seal
from guard.errors import AuditError

_BUSY_S: Final = 5.0
_PROOF: Final = b"guard record"
_ABOUT: Final = "proof"


def create_or_open(path: Path) -> sqlite3.Connection:
    """A connection that may write; handed from the thread that opens it to one that writes. Raises AuditError."""
    try:
        # Made here so that no other user can read it; SQLite gives its side files the same mode.
        with contextlib.suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600))
        db = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
        _refuse_foreign(db, path, empty=True)
        db.execute("PRAGMA auto_vacuum = INCREMENTAL")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        _make(db)
    except (sqlite3.Error, OSError) as error:
        raise failure(path, error) from None
    return db


def open_to_read(path: Path) -> sqlite3.Connection:
    """A connection that only reads. Raises AuditError."""
    if not path.is_file():
        raise AuditError(f"there is no record at {path}: name it under decisions.record.path and let Guard serve")
    try:
        db = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None)
        _refuse_foreign(db, path, empty=False)
        db.execute("PRAGMA query_only = ON")
    except sqlite3.Error as error:
        raise failure(path, error) from None
    return db


def seal_for(db: sqlite3.Connection, path: Path, secret: str) -> Seal:
    """The seal of this record for a secret. Raises AuditError if its texts were sealed with another one."""
    meta = dict(db.execute("SELECT name, value FROM meta").fetchall())
    seal = Seal(secret, meta["salt"])
    if "proof" not in meta:
        if not db.execute("PRAGMA query_only").fetchone()[0]:
            db.execute("INSERT OR IGNORE INTO meta VALUES ('proof', ?)", (seal.close(_PROOF, _ABOUT),))
        return seal
    try:
        seal.open(meta["proof"], _ABOUT)
    except AuditError:
        raise AuditError(
            f"decisions.record.key is not the key that {path} was sealed with: "
            "give that one, or name another path to begin anew"
        ) from None
    return seal


def failure(path: Path, error: sqlite3.Error | OSError) -> AuditError:
    """What an operator is told."""
    why = error.strerror if isinstance(error, OSError) else getattr(error, "sqlite_errorname", type(error).__name__)
    return AuditError(f"the record {path} can't be used ({why}); check its disk, rights and locks")


def _refuse_foreign(db: sqlite3.Connection, path: Path, empty: bool) -> None:
    application = db.execute("PRAGMA application_id").fetchone()[0]
    version = db.execute("PRAGMA user_version").fetchone()[0]
    tables = db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if (application, version) != (APPLICATION, VERSION) and not (empty and not tables):
        db.close()
        raise AuditError(f"{path} is no record that this version of Guard made: name another file")


def _make(db: sqlite3.Connection) -> None:
    db.execute("BEGIN IMMEDIATE")
    if not db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
        for statement in TABLES.split(";"):
            db.execute(statement)
        db.execute("INSERT INTO meta VALUES ('salt', ?)", (os.urandom(SALT_BYTES),))
        db.execute(f"PRAGMA application_id = {APPLICATION}")
        db.execute(f"PRAGMA user_version = {VERSION}")
    db.execute("COMMIT")
