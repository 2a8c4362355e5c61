"""A run: one process that writes a ledger file, and how others know that it lives.

Beside the database each run holds a lock on a file of its own. The kernel drops the lock with the process, however it
ends, so a lock that can be taken belongs to the dead; process ids, which are reused, and clocks are not asked. This
needs a local file system, as SQLite's write-ahead log does.
"""

import fcntl
import os
from pathlib import Path


class RunLock:
    """This process's mark that a run lives."""

    def __init__(self, database: Path, run: str) -> None:
        """Creates the mark. Raises OSError."""
        self._path = _path(database, run)
        self._fd = os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def release(self) -> None:
        """The run is over."""
        self._path.unlink(missing_ok=True)
        os.close(self._fd)


def bury_if_dead(database: Path, run: str) -> bool:
    """Whether no process holds the run's mark; if so, removes it. Raises OSError when it can't be told."""
    path = _path(database, run)
    try:
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    else:
        path.unlink(missing_ok=True)
        return True
    finally:
        os.close(fd)


def _path(database: Path, run: str) -> Path:
    return database.with_name(f"{database.name}-run-{run}")
