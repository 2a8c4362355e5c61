"""SQLAlchemy engines over the ledger's database, for one thread at a time; what goes wrong is a LedgerError without
values.

Synchronous drivers in a thread of the ledger's own: the loop never waits for the database, and neither does the
database's driver wait for the loop. Every statement, and every connection, has a bound.
"""

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import QueuePool, StaticPool

from guard.errors import LedgerError
from guard.metering.location import Location

CONNECT_S: Final = 5
STATEMENT_S: Final = 60
_BUSY_STEP_S: Final = 0.01


def writing_engine(location: Location, password: str, busy_ms: int) -> Engine:
    """For the writer: SQLite with a write-ahead log, synced at every commit. Raises LedgerError."""
    if location.server:
        return _server_engine(location.server, password)
    if location.path is not None:
        with told(location):
            _create(location.path)
    return _sqlite_engine(location, busy_ms, write=True)


def reading_engine(location: Location, password: str, busy_ms: int = 1_000) -> Engine:
    """For readers: it can't write. Raises LedgerError."""
    if location.server:
        return _server_engine(location.server, password, "-c default_transaction_read_only=on")
    if location.path is None:
        raise LedgerError("a ledger in memory ends with its process; name a file or a server under ledger")
    if not location.path.is_file():
        raise LedgerError(f"there is no ledger at {location.path}")
    return _sqlite_engine(location, busy_ms, write=False)


@contextlib.contextmanager
def told(location: Location) -> Iterator[None]:
    """Makes a LedgerError of whatever the database says."""
    try:
        yield
    except SQLAlchemyError as error:
        raise failure(location, _reason(error)) from None
    except sqlite3.Error as error:
        raise failure(location, getattr(error, "sqlite_errorname", type(error).__name__)) from None
    except OSError as error:
        raise failure(location, error.strerror or type(error).__name__) from None


def failure(location: Location, why: str) -> LedgerError:
    """That the database can't be had."""
    if location.server:
        return LedgerError(f"the ledger's database can't be used ({why}); check the server, its rights and the network")
    return LedgerError(
        f"the ledger {location.path or 'in memory'} can't be used ({why}); check its disk, rights and locks"
    )


def _reason(error: SQLAlchemyError) -> str:
    """What kind of error it was: SQLite's name, PostgreSQL's SQLSTATE, or its class; never its text, which has
    values."""
    cause = getattr(error, "orig", None) or error
    for name in ("sqlite_errorname", "sqlstate"):
        if word := getattr(cause, name, None):
            return str(word)
    return type(cause).__name__


def _server_engine(server: str, password: str, options: str = "") -> Engine:
    url: URL = make_url(server).set(drivername="postgresql+psycopg")
    if password:
        url = url.set(password=password)
    bounds = f"-c statement_timeout={STATEMENT_S}s -c lock_timeout={CONNECT_S}s -c TimeZone=UTC {options}".strip()
    arguments = {
        "connect_timeout": CONNECT_S,
        "application_name": "guard-ledger",
        "options": bounds,
        "keepalives_idle": 10,
        "tcp_user_timeout": 20_000,
    }
    return create_engine(
        url, poolclass=QueuePool, pool_size=1, max_overflow=0, pool_pre_ping=True, connect_args=arguments
    )


def _sqlite_engine(location: Location, busy_ms: int, write: bool) -> Engine:
    path = location.path
    name = ":memory:" if path is None else f"{path.absolute().as_uri()}?mode={'rw' if write else 'ro'}"

    def connect() -> sqlite3.Connection:
        # Handed from the thread that opens it to the one that writes, never used by two at once.
        db = sqlite3.connect(
            name, timeout=busy_ms / 1000, isolation_level=None, check_same_thread=False, uri=path is not None
        )
        if write:
            db.execute("PRAGMA synchronous = FULL")
        return db

    engine = create_engine("sqlite://", creator=connect, poolclass=StaticPool)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # At once, so that a lock held elsewhere is met before anything is done.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def use_write_ahead_log(engine: Engine, busy_ms: int) -> None:
    """SQLite's own log, so that readers don't wait for the writer. SQLite doesn't wait for its lock here, so this
    does."""
    deadline = time.monotonic() + busy_ms / 1000
    with contextlib.closing(engine.raw_connection()) as db:
        while True:
            try:
                db.cursor().execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() >= deadline:
                    raise
                time.sleep(_BUSY_STEP_S)


def _create(path: Path) -> None:
    # Made here so that no other user can read it; SQLite gives its side files the same mode. A file that exists is
    # not even opened: closing it would drop the locks that this process may hold on it through SQLite.
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600))
