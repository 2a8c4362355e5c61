"""The ledger: takes notes at once into its journal, and enters them into the database from a thread of its own.

It must not make the event loop wait. A note is safe from the process's death once `open` or `close` returns, and from
the machine's after `sync_ms`. While the database can't be written notes stay in the journal, are tried again, and
`health()` says so; what is left at the end of the process is entered by the next start.
"""

import os
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec
import structlog
from ulid import ULID

from guard.core.entry import Closing, ExchangeEnergy, Opening
from guard.errors import LedgerBehind, LedgerError
from guard.metering.ledger.board import SLOT_BYTES, Board, NoSlot, Slot
from guard.metering.ledger.chain import Signer
from guard.metering.ledger.estimate import Estimate
from guard.metering.ledger.folder import DiskFolder, Folder, MemoryFolder
from guard.metering.ledger.journal import Journal
from guard.metering.ledger.note import CLOSING, ENERGY, OPENING, encoded
from guard.metering.ledger.options import LedgerOptions
from guard.metering.ledger.recovery import recover
from guard.metering.ledger.shard import BATCH_NOTES, HeadPace, ShardWriter
from guard.metering.ledger.store import Store
from guard.metering.location import Location, parse_location
from guard.ports import Progress, Rater

RETRY_S: Final = 0.5
_log: Final = structlog.get_logger("guard.ledger")


class LedgerHealth(msgspec.Struct, frozen=True):
    """`waiting` notes are not entered yet, `lost` ones never will be; `error` is the last write's, empty if it went."""

    healthy: bool
    waiting: int
    lost: int
    error: str


class SqlLedger:
    """`guard.ports.Ledger`: construct, `start`, …, `stop`. Any thread may call it in between."""

    def __init__(self, options: LedgerOptions, rater: Rater | None = None) -> None:
        """Touches nothing yet. `rater` rates what a dead process had read."""
        self.run: Final = str(ULID())
        self._options = options
        self._rater = rater
        self._thread: threading.Thread | None = None
        self._folder: Folder = MemoryFolder()
        self._journal: Journal | None = None
        self._board: Board | None = None
        self._shard: ShardWriter | None = None
        # Everything below is read and written under this lock, which is held during no I/O but the journal's.
        self._state = threading.Condition()
        self._slots: dict[tuple[str, int], Slot] = {}
        self._accepted = 0
        self._written = 0
        self._failures = 0
        self._lost = 0
        self._error = ""
        self._failing_since = 0.0
        self._hurried = False
        self._stopping = False
        self._ended = True

    def start(self) -> None:
        """Opens the database, enters what dead runs left, and starts the writer. Blocks. Raises LedgerError."""
        options = self._options
        try:
            location = parse_location(options.url)
            signer = Signer(options.signing_key) if options.signing_key else None
        except ValueError as error:
            raise LedgerError(f"ledger {error}") from None
        pace = HeadPace(options.head_s, options.head_entries, signer)
        store = Store(location, options.password, options.busy_ms)
        try:
            self._begin(location, store, pace)
        except OSError as error:
            store.close()
            raise LedgerError(
                f"the ledger's journal can't be written ({error.strerror}); check its disk and rights"
            ) from None
        except LedgerError:
            store.close()
            raise
        self._ended = False
        self._thread = threading.Thread(target=self._work, args=(store,), name="guard-ledger", daemon=True)
        self._thread.start()

    def open(self, opening: Opening) -> Progress:
        """An exchange begins. Returns at once. Raises LedgerBehind when there is no knowing what it would cost."""
        payload = encoded(opening)
        with self._state:
            if self._options.behind == "refuse" and self._is_behind():
                raise LedgerBehind("The ledger is too far behind to account for more; try again later.")
            slot = self._board.take(opening.exchange) if self._board is not None and not self._ended else None
            if slot is not None:
                self._slots[opening.exchange, opening.attempt] = slot
            self._add(OPENING, payload)
        return slot or NoSlot()

    def close(self, closing: Closing) -> None:
        """An exchange is over. Returns at once."""
        payload = encoded(closing)
        with self._state:
            self._add(CLOSING, payload)
            slot = self._slots.pop((closing.exchange, closing.attempt), None)
            if slot is not None and self._board is not None:
                self._board.give_back(slot)

    def note_energy(self, energies: Sequence[ExchangeEnergy]) -> None:
        """What exchanges took has become known. Returns at once."""
        for energy in energies:
            payload = encoded(energy)
            with self._state:
                self._add(ENERGY, payload)

    def healthy(self) -> bool:
        """Whether notes are being written: the writer lives, its last write went, and there is room for more."""
        return self.health().healthy

    def health(self) -> LedgerHealth:
        """What an operator should know."""
        alive = self._thread is not None and self._thread.is_alive()
        with self._state:
            crowded = self._journal is not None and self._journal.waiting >= self._options.waiting_records
            return LedgerHealth(
                healthy=alive and not self._error and not crowded,
                waiting=self._accepted - self._written,
                lost=self._lost,
                error=self._error,
            )

    def drain(self, timeout_s: float = 5.0) -> bool:
        """Enters at once what waits. True when it is; False when a write failed or time ran out. Blocks."""
        with self._state:
            target, failures = self._accepted, self._failures
            self._hurried = self._written < target
            self._state.notify_all()
            self._state.wait_for(lambda: self._written >= target or self._failures > failures, timeout_s)
            return self._written >= target

    def stop(self, timeout_s: float = 5.0) -> None:
        """Enters what waits and ends the run. Blocks. Raises LedgerError if notes of a ledger in memory are gone."""
        if self._thread is None:
            return
        with self._state:
            self._stopping = True
            # What failed before gets one more attempt.
            self._error = ""
            self._state.notify_all()
        self._thread.join(timeout_s)
        self._thread = None
        with self._state:
            left = self._accepted - self._written
            unsafe = left if isinstance(self._folder, MemoryFolder) else self._journal_waiting()
            self._lost += unsafe
        if unsafe:
            raise LedgerError(f"{unsafe} ledger notes could not be written before the end; check the ledger's disk")
        if left:
            _log.warning("ledger_left", notes=left, run=self.run)

    def _begin(self, location: Location, store: Store, pace: HeadPace) -> None:
        options = self._options
        runs, prefix = self._runs(location)
        if runs is not None:
            recover(store, runs, prefix, Estimate("process_died", self._rater), pace)
            self._folder = DiskFolder.make(runs / f"{prefix}run-{self.run}")
        self._journal = Journal(self._folder, options.segment_bytes, options.waiting_records)
        self._board = Board(self._folder.board(options.slots * SLOT_BYTES))
        state = store.begin(self.run, os.getpid(), time.time_ns() // 1_000_000, self._journal.end)
        self._shard = ShardWriter(store, self.run, state, self._journal, pace)

    def _runs(self, location: Location) -> tuple[Path | None, str]:
        """Where runs' directories lie, and what their names begin with."""
        if self._options.journal is not None:
            self._options.journal.mkdir(mode=0o700, parents=True, exist_ok=True)
            return self._options.journal, ""
        if location.path is not None:
            return location.path.absolute().parent, f"{location.path.name}-"
        if location.server:
            raise LedgerError("ledger.journal must name a directory on a local disk when the ledger is on a server")
        return None, ""

    def _add(self, kind: int, payload: bytes) -> None:
        if self._ended or self._journal is None or not self._journal.append(kind, payload):
            self._lost += 1
            return
        self._accepted += 1
        if self._accepted == self._written + 1:
            self._state.notify_all()

    def _is_behind(self) -> bool:
        journal, shard = self._journal, self._shard
        if journal is None or shard is None or not self._error:
            return False
        return (
            time.monotonic() - self._failing_since > self._options.outage_s
            or journal.bytes_after(shard.state.position) > self._options.journal_bytes
            or journal.waiting >= self._options.waiting_records // 2
        )

    def _journal_waiting(self) -> int:
        return self._journal.waiting if self._journal is not None else 0

    def _work(self, store: Store) -> None:
        try:
            while self._next_turn():
                self._turn()
            self._end()
        finally:
            store.close()

    def _next_turn(self) -> bool:
        """Waits for notes and then for company, or for a head to be due; False once the ledger stops for good."""
        options = self._options
        with self._state:
            self._state.wait_for(lambda: self._accepted > self._written or self._stopping, options.head_s)
            pause_s = max(options.flush_ms / 1000, RETRY_S) if self._error else options.flush_ms / 1000
        self._wait_synced(pause_s)
        with self._state:
            # On the way out one failed write is the last: whoever stops the process is waiting.
            self._ended = self._stopping and (self._accepted <= self._written or bool(self._error))
            return not self._ended

    def _wait_synced(self, pause_s: float) -> None:
        """Lets company come, for so long or until somebody is in a hurry, and syncs the journal in between."""
        until = time.monotonic() + pause_s
        while (left := until - time.monotonic()) > 0:
            with self._state:
                wait_s = min(left, self._options.sync_ms / 1000)
                if self._state.wait_for(lambda: self._hurried or self._stopping, wait_s):
                    return
            self._sync()

    def _sync(self) -> None:
        assert self._journal is not None
        try:
            self._journal.sync()
        except OSError as error:
            self._settle(0, f"the journal can't be synced ({error.strerror})")

    def _turn(self) -> None:
        assert self._journal is not None
        assert self._shard is not None
        with self._state:
            whole = self._journal.retry()
        try:
            while taken := self._shard.advance():
                self._settle(taken, "")
                if taken < BATCH_NOTES:
                    # What has come meanwhile waits for company: a transaction costs more than a hundred notes.
                    break
        except LedgerError as error:
            self._settle(0, error.message)
        else:
            self._settle(0, "" if whole else "the journal's disk takes nothing")

    def _settle(self, written: int, error: str) -> None:
        with self._state:
            self._written += written
            if error and not self._error:
                self._failing_since = time.monotonic()
                _log.warning("ledger_behind", error=error)
            self._error = error
            self._failures += bool(error)
            if error or self._accepted <= self._written:
                self._hurried = False
            self._state.notify_all()

    def _end(self) -> None:
        """Ends the shard if everything is entered; else the next start does, from the journal."""
        assert self._shard is not None
        assert self._journal is not None
        assert self._board is not None
        entered = self._accepted <= self._written
        if entered:
            try:
                self._shard.end(self._board.seen(), Estimate("process_ended", self._rater))
            except LedgerError:
                entered = False
        with self._state:
            self._board.close()
            self._board = None
            self._slots.clear()
        self._journal.close()
        if entered:
            self._folder.release()
        elif isinstance(self._folder, DiskFolder):
            self._folder.let_go()
