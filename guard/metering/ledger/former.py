"""What earlier releases left: one table, whose open rows are those of processes that died.

A release before this one that still writes the file would find its table gone, so the file is refused until that has
ended.
"""

import fcntl
import os
from pathlib import Path

from sqlalchemy import Connection

from guard.errors import LedgerError

_TO_SECOND = (
    "ALTER TABLE exchange ADD COLUMN cost_nanousd INTEGER",
    "ALTER TABLE exchange ADD COLUMN price_version TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE exchange ADD COLUMN labels TEXT NOT NULL DEFAULT '{}'",
)


def finish_former(db: Connection, path: Path | None) -> None:
    """Brings the single table of versions 1 and 2 to an end. Raises LedgerError while its writer lives."""
    version = db.exec_driver_sql("PRAGMA user_version").scalar_one()
    if path is None:
        return
    for (run,) in db.exec_driver_sql("SELECT run FROM run WHERE ended_ms IS NULL").all():
        _bury(path, run)
    for statement in _TO_SECOND if version == 1 else ():
        db.exec_driver_sql(statement)
    db.exec_driver_sql("UPDATE exchange SET status = 'failed', reason = 'process_died' WHERE status = 'open'")


def _bury(path: Path, run: str) -> None:
    """Takes a dead run's lock file away."""
    file = path.with_name(f"{path.name}-run-{run}")
    if not file.is_file():
        return
    lock = os.open(file, os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise LedgerError(f"an earlier release of Guard still writes the ledger {path}; stop it first") from None
    else:
        file.unlink(missing_ok=True)
    finally:
        os.close(lock)
