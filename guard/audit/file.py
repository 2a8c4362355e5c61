"""JSON lines in a file that is put aside when it is full: `decisions.log` becomes `decisions.log.1`, and so on."""

import os
from collections.abc import Sequence
from pathlib import Path

from guard.errors import AuditError


class RotatingFile:
    """Appends lines. One thread at a time. The file is opened for each batch, so that it may be moved or removed."""

    def __init__(self, path: Path, most_bytes: int, files: int) -> None:
        """`most_bytes` of one file, about; `files` in all."""
        self._path = path
        self._most_bytes = most_bytes
        self._files = files

    def write(self, lines: Sequence[bytes]) -> None:
        """Appends all lines. Raises AuditError; a part of them may then be in the file."""
        try:
            if self._path.exists() and self._path.stat().st_size >= self._most_bytes:
                self._rotate()
            # Nobody but this user reads decisions.
            descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            with open(descriptor, "ab") as stream:
                stream.write(b"".join(line + b"\n" for line in lines))
        except OSError as error:
            raise AuditError(
                f"the decision log {self._path} can't be written ({error.strerror}); check its disk and rights"
            ) from None

    def _rotate(self) -> None:
        for number in range(self._files - 1, 0, -1):
            older = self._path if number == 1 else self._aside(number - 1)
            if older.exists():
                older.replace(self._aside(number))
        if self._files == 1:
            self._path.unlink()

    def _aside(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")
