"""The write-ahead journal of one run: notes are appended here first, and the database gets them later.

One `write` puts a record into the kernel's page cache, where it survives the end of the process, however it ends;
`sync` makes it survive the machine's. The journal is a row of segments, so that what the database holds can be dropped.
Where the disk takes nothing, records wait in memory, in order, up to a bound. Appending is for any thread, the rest
for one.
"""

import contextlib
import os
import threading
from collections import deque
from typing import Final

import msgspec

from guard.metering.ledger.folder import Folder
from guard.metering.ledger.record import MAGIC, Record, framed, read_records

READ_BYTES: Final = 1 << 20
WAITING_RECORDS: Final = 100_000


class Position(msgspec.Struct, frozen=True, order=True):
    """A place in the journal: a segment's number, from 1, and bytes from its start."""

    segment: int = 1
    offset: int = len(MAGIC)


class Journal:
    """Segments in a folder. An empty folder gets its first; one that was left behind is read as it is."""

    def __init__(self, folder: Folder, segment_bytes: int, waiting_records: int = WAITING_RECORDS) -> None:
        """Raises OSError."""
        self._folder = folder
        self._segment_bytes = segment_bytes
        self._bound = waiting_records
        self._lock = threading.Lock()
        self._waiting: deque[bytes] = deque()
        self._segments: dict[int, int] = dict(folder.segments())
        self._unsynced: set[int] = set()
        if not self._segments:
            self._begin(1)
        self._first, self._last = min(self._segments), max(self._segments)
        self._size = os.fstat(self._segments[self._last]).st_size

    @property
    def waiting(self) -> int:
        """Records in memory alone, since the disk did not take them."""
        return len(self._waiting)

    @property
    def end(self) -> Position:
        """Where the next record goes."""
        return Position(self._last, self._size)

    def bytes_after(self, position: Position) -> int:
        """About how much lies behind a position."""
        return (self._last - position.segment) * self._segment_bytes + self._size - position.offset

    def append(self, kind: int, payload: bytes) -> bool:
        """Takes a record. False: neither the disk nor memory has room for it, and it is lost."""
        data = framed(kind, payload)
        with self._lock:
            if not self._waiting and self._write(data):
                return True
            if len(self._waiting) >= self._bound:
                return False
            self._waiting.append(data)
            return True

    def retry(self) -> bool:
        """Writes what waits in memory; whether nothing does any more."""
        with self._lock:
            while self._waiting and self._write(self._waiting[0]):
                self._waiting.popleft()
            return not self._waiting

    def read(self, at: Position, most: int) -> tuple[list[Record], Position]:
        """Up to `most` records from a position, and the position behind them. None: there is no whole record there."""
        while True:
            last = self._last  # Before anything is read: a segment that others follow by now gets nothing more.
            fd = self._segments.get(at.segment)
            data = os.pread(fd, READ_BYTES, at.offset) if fd is not None else b""
            records, taken = read_records(data, most)
            if records or at.segment >= last:
                return records, Position(at.segment, at.offset + taken)
            # Whatever stands torn at the end of a segment that others follow was taken back.
            at = Position(at.segment + 1)

    def torn_bytes(self, at: Position) -> int:
        """How many bytes behind a position are no sound record, once `read` finds none there."""
        return max(self._size - at.offset, 0) if at.segment == self._last else 0

    def drop(self, before: Position) -> None:
        """Gives segments back that lie wholly before a position."""
        with self._lock:
            over = [number for number in self._segments if number < min(before.segment, self._last)]
            closed = [(number, self._segments.pop(number)) for number in over]
        for number, fd in closed:
            os.close(fd)
            self._folder.remove(number)

    def sync(self) -> None:
        """What was written outlives a loss of power. Raises OSError."""
        while self._unsynced:
            number = self._unsynced.pop()
            if number in self._segments:
                os.fdatasync(self._segments[number])

    def close(self) -> None:
        """Closes the files; they stay."""
        for fd in self._segments.values():
            os.close(fd)
        self._segments.clear()

    def _write(self, data: bytes) -> bool:
        if self._size + len(data) > self._segment_bytes and self._size > len(MAGIC):
            try:
                self._begin(self._last + 1)
            except OSError:
                return False
        fd = self._segments[self._last]
        try:
            written = os.pwrite(fd, data, self._size)
        except OSError:
            written = 0
        if written < len(data):
            # A full disk may take a part; nobody has read it yet, for `end` did not move.
            with contextlib.suppress(OSError):
                os.ftruncate(fd, self._size)
            return False
        self._size += written
        self._unsynced.add(self._last)
        return True

    def _begin(self, number: int) -> None:
        fd = self._folder.create(number)
        try:
            if os.write(fd, MAGIC) != len(MAGIC):
                raise OSError("short write")
        except OSError:
            os.close(fd)
            self._folder.remove(number)
            raise
        self._segments[number] = fd
        self._last, self._size = number, len(MAGIC)
