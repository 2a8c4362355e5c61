"""Where a run keeps its journal and its board: in a directory of its own, or in memory for a ledger in memory.

The directory's file `lock` says that the run lives: the kernel drops a lock with its process, however that ends, so a
lock that can be taken belongs to the dead; process ids, which are reused, and clocks are not asked. It takes a local
file system.
"""

import contextlib
import fcntl
import mmap
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Protocol

_BOARD: Final = "board"
_LOCK: Final = "lock"
_SUFFIX: Final = ".journal"


class Folder(Protocol):
    """A run's files."""

    def segments(self) -> Iterator[tuple[int, int]]:
        """Numbers and file descriptors of the segments that are there."""
        ...

    def create(self, number: int) -> int:
        """A file descriptor of a new segment, for appending and reading. Raises OSError."""
        ...

    def remove(self, number: int) -> None:
        """Takes a segment out."""
        ...

    def board(self, size: int) -> mmap.mmap:
        """The progress board of `size` bytes, made if it is not there. Raises OSError."""
        ...

    def release(self) -> None:
        """The run is over: nothing of it stays."""
        ...


class MemoryFolder:
    """A run that leaves nothing behind."""

    def segments(self) -> Iterator[tuple[int, int]]:
        """None yet."""
        return iter(())

    def create(self, number: int) -> int:
        """A file in memory."""
        return os.memfd_create(f"guard-journal-{number}")

    def remove(self, number: int) -> None:
        """It went with its descriptor."""

    def board(self, size: int) -> mmap.mmap:
        """Memory."""
        return mmap.mmap(-1, size)

    def release(self) -> None:
        """Nothing to do."""


class DiskFolder:
    """A run's directory. Whoever holds one holds its lock."""

    def __init__(self, path: Path, lock: int) -> None:
        self.path: Final = path
        self._lock = lock

    @classmethod
    def make(cls, path: Path) -> "DiskFolder":
        """A new run's. Raises OSError."""
        path.mkdir(mode=0o700)
        lock = os.open(path / _LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return cls(path, lock)

    @classmethod
    def of_the_dead(cls, path: Path) -> "DiskFolder | None":
        """The directory of a run whose process is gone; None while it lives. Raises OSError when it can't be told."""
        try:
            lock = os.open(path / _LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return None
        return cls(path, lock)

    def segments(self) -> Iterator[tuple[int, int]]:
        """Those that the directory holds."""
        for file in sorted(self.path.glob(f"*{_SUFFIX}")):
            if file.stem.isdecimal():
                yield int(file.stem), os.open(file, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)

    def create(self, number: int) -> int:
        """A file of its own, that no other user reads."""
        flags = os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_APPEND | os.O_CLOEXEC
        return os.open(self._segment(number), flags, 0o600)

    def remove(self, number: int) -> None:
        """Unlinks it."""
        self._segment(number).unlink(missing_ok=True)

    def board(self, size: int) -> mmap.mmap:
        """Its blocks are taken at once: a page that the disk has no room for later would end the process."""
        fd = os.open(self.path / _BOARD, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            there = os.fstat(fd).st_size
            if not there:
                os.posix_fallocate(fd, 0, size)
            return mmap.mmap(fd, there or size)
        finally:
            os.close(fd)

    def release(self) -> None:
        """Unlinks all of it, the lock last."""
        with contextlib.suppress(OSError):
            shutil.rmtree(self.path)
        os.close(self._lock)

    def let_go(self) -> None:
        """Leaves everything to the next start."""
        os.close(self._lock)

    def _segment(self, number: int) -> Path:
        return self.path / f"{number:08}{_SUFFIX}"
