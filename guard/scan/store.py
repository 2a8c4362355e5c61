"""Compiled databases in a directory, so that the next process need not compile them again.

A database is code for the native matcher, and one that was tampered with could find nothing, or do worse. So the
directory and each file must belong to this user or to root, and be writable by nobody else; both are checked on what
is open, not on a name. A file that is not ours, torn, of another library or of another machine is as good as none. It
can't tell a file of an attacker who already runs as this user; such a one can change the program as well.
"""

import contextlib
import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex
from typing import Final

import hyperscan

from guard.scan.database import Source, compiled, dumped, restored

MOST_BYTES: Final = 1 << 28
"""Most that the files of a directory take together; those that were not used for longest go."""

_KEPT: Final = ".hsdb"
_BEGUN: Final = ".hsdb-new"
_DIGEST_BYTES: Final = 32
_OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH


class DatabaseStore:
    """Databases by what they are made of. Without a directory each is compiled anew.

    `faults` says why something could not be read or kept; nothing fails for it.
    """

    def __init__(self, directory: Path | None = None) -> None:
        self._directory = directory
        self.faults: list[str] = []

    def database(self, source: Source) -> hyperscan.Database:
        """The database, from the directory if it is there. Raises ValueError for what can't be compiled."""
        with contextlib.ExitStack() as stack:
            place = None
            if self._directory is not None:
                try:
                    place = stack.enter_context(_opened(self._directory))
                except OSError as error:
                    self._fault(error)
            return compiled(source) if place is None else self._from(place, source)

    def _from(self, place: int, source: Source) -> hyperscan.Database:
        key = source.key
        try:
            return restored(_read(place, key), source.mode)
        except FileNotFoundError:
            pass
        except (OSError, ValueError) as error:
            self._fault(error)
        database = compiled(source)
        try:
            _write(place, key, dumped(database))
            _make_room(place)
        except OSError as error:
            self._fault(error)
        return database

    def _fault(self, error: OSError | ValueError) -> None:
        self.faults.append((error.strerror if isinstance(error, OSError) else None) or str(error))


@contextlib.contextmanager
def _opened(directory: Path) -> Iterator[int]:
    """The directory's descriptor, made if it is not there. Raises OSError, also for one that others may write."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    place = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        _check(place, "directory")
        yield place
    finally:
        os.close(place)


def _check(descriptor: int, kind: str) -> int:
    """How large it is. Raises PermissionError unless this user or root alone may write it."""
    found = os.fstat(descriptor)
    if found.st_uid not in (os.geteuid(), 0) or found.st_mode & _OTHERS_WRITE:
        raise PermissionError(f"the {kind} can be written by others: chmod go-w it, and let Guard's user own it")
    return found.st_size


def _read(place: int, key: str) -> bytes:
    """Raises FileNotFoundError, OSError for a file of others, ValueError for one that is not as it was written."""
    file = os.open(key + _KEPT, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, dir_fd=place)
    with os.fdopen(file, "rb") as stream:
        if _check(file, "file") > MOST_BYTES:
            raise ValueError("a file is too large to be a database")
        written = stream.read()
        with contextlib.suppress(OSError):
            os.utime(file)
    data = written[_DIGEST_BYTES:]
    if written[:_DIGEST_BYTES] != _digest(key, data):
        raise ValueError("a file is not as it was written")
    return data


def _write(place: int, key: str, data: bytes) -> None:
    """All of it or nothing: other processes may read and write the same."""
    begun = f"{token_hex(8)}{_BEGUN}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(begun, flags, 0o600, dir_fd=place), "wb") as stream:
            stream.write(_digest(key, data))
            stream.write(data)
        os.rename(begun, key + _KEPT, src_dir_fd=place, dst_dir_fd=place)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(begun, dir_fd=place)
        raise


def _make_room(place: int) -> None:
    """Takes the files away that were not used for longest, those that a dead process left half written included."""
    taken = 0
    for _, size, name in sorted(_ages(place), reverse=True):
        taken += size
        if taken > MOST_BYTES:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name, dir_fd=place)


def _ages(place: int) -> Iterator[tuple[int, int, str]]:
    """When each of our files was used last, its size and its name."""
    for name in os.listdir(place):
        if name.endswith((_KEPT, _BEGUN)):
            with contextlib.suppress(FileNotFoundError):
                about = os.stat(name, dir_fd=place, follow_symlinks=False)
                yield about.st_mtime_ns, about.st_size, name


def _digest(key: str, data: bytes) -> bytes:
    digest = hashlib.sha256(key.encode())
    digest.update(data)
    return digest.digest()
