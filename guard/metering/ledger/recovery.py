"""What dead runs left behind is entered by the next start: the rest of their journals, and what they had read.

Whoever holds a run's lock recovers it, and nobody else. A journal that ends in the middle of a record is read up to
there.
"""

from pathlib import Path

import structlog

from guard.metering.ledger.board import Board, Seen
from guard.metering.ledger.folder import DiskFolder
from guard.metering.ledger.journal import Journal, Position
from guard.metering.ledger.shard import Estimator, HeadPace, ShardWriter
from guard.metering.ledger.store import ShardState, Store

_log = structlog.get_logger("guard.ledger")


def recover(store: Store, runs: Path, prefix: str, estimator: Estimator, pace: HeadPace) -> None:
    """Enters what the dead runs among a directory's `<prefix>run-…` left. Raises LedgerError, OSError."""
    for path in sorted(runs.glob(f"{prefix}run-*")):
        if not path.is_dir():
            continue
        folder = DiskFolder.of_the_dead(path)
        if folder is None:
            continue
        entered = False
        try:
            _recover(store, folder, path.name.removeprefix(f"{prefix}run-"), estimator, pace)
            entered = True
        finally:
            (folder.release if entered else folder.let_go)()


def _recover(store: Store, folder: DiskFolder, shard: str, estimator: Estimator, pace: HeadPace) -> None:
    state = store.state(shard)
    if state is not None and state.ended_ms is not None:
        return
    journal = Journal(folder, 1 << 30)
    try:
        writer = ShardWriter(store, shard, state or _begun(store, shard), journal, pace)
        writer.recall()
        notes = 0
        while taken := writer.advance():
            notes += taken
        torn = journal.torn_bytes(writer.state.position)
        writer.end(_seen(folder), estimator)
    finally:
        journal.close()
    _log.info("ledger_recovered", run=shard, notes=notes, torn_bytes=torn)


def _begun(store: Store, shard: str) -> ShardState:
    """A run that died before its shard was begun, or whose database was replaced."""
    return store.begin(shard, 0, 0, Position())


def _seen(folder: DiskFolder) -> dict[int, Seen]:
    try:
        board = Board(folder.board(0))
    except (OSError, ValueError):
        # It died before it had one.
        return {}
    try:
        return board.seen()
    finally:
        board.close()
