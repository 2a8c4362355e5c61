"""The last good bundle of a server, kept on disk so that Guard starts while the server is away.

It is verified like any other when it is read: a disk is no more to be trusted than a network.
"""

import os
import tempfile
from pathlib import Path
from typing import Final

from guard.errors import BundleError
from guard.policy.bundle.archive import Files, read_archive

_NAME: Final = "bundle.tar.gz"


class Kept:
    """One bundle in a directory."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / _NAME

    def keep(self, packed: bytes) -> None:
        """Puts the bundle in the place of the last one, whole or not at all. Raises BundleError."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            handle, written = tempfile.mkstemp(dir=self._path.parent)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(packed)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(written, self._path)
            except OSError:
                os.unlink(written)
                raise
        except OSError as error:
            raise BundleError(f"policy.persist can't be written ({error.strerror}): check its permissions") from None

    def read(self) -> Files | None:
        """The files of the bundle, or None if there is none. Raises BundleError."""
        return read_archive(self._path) if self._path.is_file() else None
