"""The ledger: remembers every exchange in SQLite, from a thread of its own. It must not make the event loop wait.

Notes are queued and written in batches, one transaction each, at most `flush_ms` after they came. A note leaves the
queue when it is durable: while the database can't be written notes stay, are tried again, and `healthy()` says so.
Beyond the queue's bound they are counted as lost.
"""

import threading
from collections import deque
from collections.abc import Sequence
from itertools import islice
from typing import Final

import msgspec
from ulid import ULID

from guard.core.entry import Closing, Opening
from guard.errors import LedgerError
from guard.metering.location import parse_location
from guard.metering.store import Note, Store

QUEUE_NOTES: Final = 100_000
BATCH_NOTES: Final = 4_096
RETRY_S: Final = 0.5


class LedgerHealth(msgspec.Struct, frozen=True):
    """`waiting` notes are not durable yet, `lost` ones never will be; `error` is the last write's, empty if it went."""

    healthy: bool
    waiting: int
    lost: int
    error: str


class SqliteLedger:
    """`guard.ports.Ledger` over one SQLite file: construct, `start`, …, `stop`. Any thread may call it."""

    def __init__(self, url: str, *, flush_ms: int = 100, queue_notes: int = QUEUE_NOTES, busy_ms: int = 1_000) -> None:
        """Touches nothing yet. `busy_ms` is how long one write waits for another process's lock."""
        self.run: Final = str(ULID())
        self._url = url
        self._flush_s = flush_ms / 1000
        self._bound = queue_notes
        self._busy_ms = busy_ms
        self._thread: threading.Thread | None = None
        # Everything below is read and written under this lock, which is never held during I/O.
        self._state = threading.Condition()
        self._queue: deque[Note] = deque()
        self._accepted = 0
        self._written = 0
        self._failures = 0
        self._lost = 0
        self._error = ""
        self._hurried = False
        self._stopping = False
        self._ended = False

    def start(self) -> None:
        """Opens the database and starts the writer. Blocks for a moment. Raises LedgerError."""
        try:
            path = parse_location(self._url)
        except ValueError as error:
            raise LedgerError(f"ledger {error}") from None
        store = Store(path, self.run, self._busy_ms)
        self._thread = threading.Thread(target=self._work, args=(store,), name="guard-ledger", daemon=True)
        self._thread.start()

    def open(self, opening: Opening) -> None:
        """An exchange begins. Returns at once."""
        self._add(opening)

    def close(self, closing: Closing) -> None:
        """An exchange is over. Returns at once."""
        self._add(closing)

    def healthy(self) -> bool:
        """Whether notes are being written: the writer lives, its last write went, and the queue has room."""
        return self.health().healthy

    def health(self) -> LedgerHealth:
        """What an operator should know."""
        alive = self._thread is not None and self._thread.is_alive()
        with self._state:
            return LedgerHealth(
                healthy=alive and not self._error and len(self._queue) < self._bound,
                waiting=len(self._queue),
                lost=self._lost,
                error=self._error,
            )

    def drain(self, timeout_s: float = 5.0) -> bool:
        """Writes at once what waits. True when it is durable; False when a write failed or time ran out. Blocks."""
        with self._state:
            target, failures = self._accepted, self._failures
            self._hurried = bool(self._queue)
            self._state.notify_all()
            self._state.wait_for(lambda: self._written >= target or self._failures > failures, timeout_s)
            return self._written >= target

    def stop(self, timeout_s: float = 5.0) -> None:
        """Writes what waits and ends the run. Blocks. Raises LedgerError if notes had to be given up."""
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
            left = len(self._queue)
            self._lost += left
        if left:
            raise LedgerError(f"{left} ledger notes could not be written before the end; check the ledger's disk")

    def _add(self, note: Note) -> None:
        with self._state:
            if self._ended or len(self._queue) >= self._bound:
                self._lost += 1
                return
            self._queue.append(note)
            self._accepted += 1
            if len(self._queue) == 1:
                self._state.notify_all()

    def _work(self, store: Store) -> None:
        try:
            while batch := self._next_batch():
                self._attempt(store, batch)
        finally:
            store.close()

    def _next_batch(self) -> Sequence[Note]:
        """Waits for notes and then for company; nothing once the ledger has stopped for good."""
        with self._state:
            self._state.wait_for(lambda: self._queue or self._stopping)
            pause_s = max(self._flush_s, RETRY_S) if self._error else self._flush_s
            self._state.wait_for(lambda: self._hurried or self._stopping, pause_s)
            # On the way out one failed write is the last: whoever stops the process is waiting.
            self._ended = self._stopping and (not self._queue or bool(self._error))
            return () if self._ended else tuple(islice(self._queue, BATCH_NOTES))

    def _attempt(self, store: Store, batch: Sequence[Note]) -> None:
        try:
            store.write(batch)
        except LedgerError as error:
            self._settle((), error.message)
        else:
            self._settle(batch, "")

    def _settle(self, written: Sequence[Note], error: str) -> None:
        with self._state:
            for _ in written:
                self._queue.popleft()
            self._written += len(written)
            self._error = error
            self._failures += bool(error)
            if error or not self._queue:
                self._hurried = False
            self._state.notify_all()
