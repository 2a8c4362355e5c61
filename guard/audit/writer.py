"""A queue and a thread behind it: whoever adds never waits, whoever writes may. It knows nothing of what it carries.

The queue is bounded in items and in bytes; what finds no room is lost, counted, and said in the log when it begins. A
batch that can't be written stays and is tried again, ever later, up to half a minute.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Final, Generic, TypeVar

import structlog

from guard.core.audit_figures import WriterFigures
from guard.errors import AuditError, AuditRefused

T = TypeVar("T")
MOST_ITEMS: Final = 50_000
MOST_BYTES: Final = 67_108_864
BATCH_ITEMS: Final = 512
_FIRST_RETRY_S: Final = 0.5
_LAST_RETRY_S: Final = 30.0
_log: Final = structlog.get_logger("guard.audit")


class BatchWriter(Generic[T]):
    """Construct, `start`, `add` from any thread, `stop`. `write` runs in the thread and raises AuditError."""

    def __init__(
        self,
        name: str,
        write: Callable[[Sequence[T]], None],
        *,
        most_items: int = MOST_ITEMS,
        most_bytes: int = MOST_BYTES,
        flush_s: float = 0.1,
    ) -> None:
        self._name = name
        self._write = write
        self._most_items = most_items
        self._most_bytes = most_bytes
        self._flush_s = flush_s
        self._thread: threading.Thread | None = None
        # Everything below is read and written under this lock, which is never held while writing.
        self._state = threading.Condition()
        self._queue: deque[tuple[T, int]] = deque()
        self._bytes = 0
        self._written = 0
        self._lost = 0
        self._error = ""
        self._retry_s = 0.0
        self._stopping = False

    def start(self) -> None:
        """Starts the thread."""
        self._thread = threading.Thread(target=self._work, name=f"guard-{self._name}", daemon=True)
        self._thread.start()

    def add(self, item: T, size: int = 0) -> None:
        """Queues an item of about `size` bytes. Returns at once; without room the item is lost."""
        with self._state:
            full = len(self._queue) >= self._most_items or self._bytes + size > self._most_bytes
            begins = full and not self._lost
            if full or self._stopping:
                self._lost += 1
            else:
                self._queue.append((item, size))
                self._bytes += size
                if len(self._queue) == 1:
                    self._state.notify_all()
        if begins:
            _log.error("audit_full", sink=self._name)

    def figures(self) -> WriterFigures:
        """What an operator should know."""
        ended = self._thread is None or not self._thread.is_alive()
        with self._state:
            error = self._error or ("it does not run" if ended else "")
            return WriterFigures(self._name, self._written, len(self._queue), self._lost, error)

    def drain(self, timeout_s: float = 5.0) -> bool:
        """Waits until nothing waits. False when time ran out. Blocks."""
        with self._state:
            return self._state.wait_for(lambda: not self._queue, timeout_s)

    def stop(self, timeout_s: float = 10.0) -> None:
        """Writes what waits, trying each batch once, and ends the thread. What is left is lost. Blocks."""
        if self._thread is None:
            return
        with self._state:
            self._stopping = True
            self._state.notify_all()
        self._thread.join(timeout_s)
        self._thread = None
        with self._state:
            left = len(self._queue)
            self._lost += left
            self._queue.clear()
        if left:
            _log.error("audit_lost", sink=self._name, items=left)

    def _work(self) -> None:
        while batch := self._next_batch():
            error, refused = "", False
            try:
                self._write(batch)
            except AuditRefused as caught:
                error, refused = caught.message, True
            except AuditError as caught:
                error = caught.message
            if not self._settle(len(batch), error, refused):
                return

    def _next_batch(self) -> Sequence[T]:
        """Waits for items and then for company, or for the time of the next attempt; nothing at the end."""
        with self._state:
            self._state.wait_for(lambda: self._queue or self._stopping)
            self._state.wait_for(lambda: self._stopping, self._retry_s or self._flush_s)
            return tuple(item for item, _ in islice(self._queue, BATCH_ITEMS))

    def _settle(self, count: int, error: str, refused: bool) -> bool:
        """Notes how a batch fared. False when the thread has to end."""
        with self._state:
            changed = bool(error) != bool(self._error)
            self._error = error
            if error and not refused:
                self._retry_s = min(max(_FIRST_RETRY_S, self._retry_s * 2), _LAST_RETRY_S)
            else:
                self._retry_s = 0.0
                for _ in range(count):
                    self._bytes -= self._queue.popleft()[1]
                self._written += 0 if refused else count
                self._lost += count if refused else 0
            self._state.notify_all()
            goes_on = not (self._stopping and self._retry_s)
        if changed:
            _log.warning("audit_sink", sink=self._name, error=error)
        return goes_on
