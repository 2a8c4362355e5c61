"""Where bundles come from while Guard runs, as their taker sees it; and a directory or a file as such a place."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final, Protocol

from watchfiles import awatch

from guard.errors import BundleError
from guard.policy.bundle.archive import Files, read_archive
from guard.policy.bundle.directory import fingerprint, read_directory

_LOOK_S: Final = 5.0
"""How long a change may go unseen where the file system tells nothing: network file systems, links that are swapped."""


class Feed(Protocol):
    """A place that bundles come from. `place` names it in messages."""

    place: str

    def read(self, *, anew: bool = False) -> Files | None:
        """What lies there, or None if it is what was read last and `anew` does not ask for it again.

        Takes its time: call it off the event loop. Raises BundleError.
        """
        ...

    def taken(self) -> None:
        """What was read last serves now."""
        ...

    def last_good(self) -> Files | None:
        """What an earlier run kept of what served, if anything. Raises BundleError."""
        ...

    def changes(self) -> AsyncIterator[None]:
        """Yields when it is time to read again, for ever."""
        ...

    def close(self) -> None:
        """Ends a read that is under way."""
        ...


class LocalFeed:
    """A directory, or the archive of a bundle, that is watched for changes."""

    def __init__(self, path: Path, *, signed: bool = False, look_s: float = _LOOK_S) -> None:
        """`signed`: a signature is checked, so every file of a directory is read. It is looked at each `look_s`."""
        self._look_s = look_s
        self.place = str(path)
        self._path = path
        self._signed = signed
        self._seen = b""

    def read(self, *, anew: bool = False) -> Files | None:
        """See `Feed.read`."""
        seen = self._look()
        if seen == self._seen and not anew:
            return None
        files = read_directory(self._path, everything=self._signed) if self._is_folder else read_archive(self._path)
        self._seen = seen
        return files

    def taken(self) -> None:
        """See `Feed.taken`. What lies on disk stays there by itself."""

    def last_good(self) -> Files | None:
        """See `Feed.last_good`: nothing."""
        return None

    async def changes(self) -> AsyncIterator[None]:
        """See `Feed.changes`. A directory that is replaced as a whole is watched anew."""
        while True:
            watched = self._identity()
            try:
                # The file's folder, for a file is mostly replaced and not written.
                target = self._path if self._is_folder else self._path.parent
                async for _ in awatch(
                    target,
                    watch_filter=None,
                    recursive=self._is_folder,
                    yield_on_timeout=True,
                    rust_timeout=int(self._look_s * 1000),
                ):
                    yield None
                    if self._identity() != watched:
                        break
            except (OSError, RuntimeError):  # no such directory, or no more watches to be had: look now and then
                await asyncio.sleep(self._look_s)
                yield None

    def close(self) -> None:
        """See `Feed.close`."""

    @property
    def _is_folder(self) -> bool:
        return not self._path.is_file()

    def _look(self) -> bytes:
        if self._is_folder:
            return fingerprint(self._path)
        try:
            found = self._path.stat()
        except OSError as error:
            raise BundleError(f"can't be read ({error.strerror}): check its path and permissions") from None
        return f"{found.st_size} {found.st_mtime_ns} {found.st_ino}".encode()

    def _identity(self) -> tuple[int, int] | None:
        target = self._path if self._is_folder else self._path.parent
        try:
            found = os.stat(target)
        except OSError:
            return None
        return found.st_dev, found.st_ino


def digest(files: Files) -> bytes:
    """Tells one content from another: names and bytes."""
    taken = hashlib.sha256()
    for name in sorted(files):
        for part in (name.encode(), files[name]):
            taken.update(len(part).to_bytes(8, "big"))
            taken.update(part)
    return taken.digest()
