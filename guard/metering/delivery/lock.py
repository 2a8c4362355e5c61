"""That one process at a time delivers: a lock that goes with its process, however that ends.

On SQLite a lock on a file beside the database (a local file system is needed, as for the database); on PostgreSQL an
advisory lock of the session.
"""

import fcntl
import hashlib
import os
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, text

_TRY: Final = text("SELECT pg_try_advisory_lock(:lock)")


class FileLock:
    """A lock on a file."""

    def __init__(self, database: Path, name: str) -> None:
        self._path = database.with_name(f"{database.name}-events-{name}.lock")
        self._file: int | None = None

    def hold(self) -> bool:
        """Takes it if nobody else holds it. Raises OSError."""
        file = os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return False
        self._file = file
        return True

    def drop(self) -> None:
        """Gives it back. The file stays: to unlink it would make room for a second lock."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def hold_on_server(db: Connection, name: str) -> bool:
    """Takes PostgreSQL's lock for this connection's session, if nobody else holds it."""
    digest = hashlib.sha256(f"guard.delivery:{name}".encode()).digest()
    return bool(db.execute(_TRY, {"lock": int.from_bytes(digest[:8], signed=True)}).scalar_one())
