"""A bundle that lies in a directory, read as one state of it.

A Kubernetes ConfigMap mount keeps its versions in `..data` and swaps a link; an editor writes file by file. So a read
counts only if nothing changed meanwhile. Names that begin with a dot are passed over, the manifest and the signatures
at the root aside.
"""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from guard.errors import BundleError, BundleTooLarge
from guard.policy.bundle.archive import MOST_BYTES, MOST_FILES, Files
from guard.policy.bundle.document import MANIFEST, is_document
from guard.policy.bundle.signature import SIGNATURES

_MOST_TRIES: Final = 5


def read_directory(directory: Path, *, everything: bool = False) -> Files:
    """The files that matter, or every one where a signature is to be checked over all. Raises BundleError."""
    for _ in range(_MOST_TRIES):
        before = fingerprint(directory)
        files = _read(directory, everything)
        if fingerprint(directory) == before:
            return files
    raise BundleError("changes while it is read: put a new directory or link in its place in one step")


def fingerprint(directory: Path) -> bytes:
    """What tells one state of a directory from another, without reading its files. Raises BundleError."""
    digest = hashlib.sha256()
    for name, path in _paths(directory):
        try:
            found = path.stat()
        except OSError:
            continue  # gone since it was listed: the next look tells
        digest.update(f"{name}\0{found.st_size}\0{found.st_mtime_ns}\0{found.st_ino}\0".encode())
    return digest.digest()


def _read(directory: Path, everything: bool) -> Files:
    files: dict[str, bytes] = {}
    total = 0
    for name, path in _paths(directory):
        if not (everything or name.endswith(".rego") or is_document(name) or name == SIGNATURES):
            continue
        files[name] = _content(name, path, MOST_BYTES - total)
        total += len(files[name])
    return files


def _content(name: str, path: Path, room: int) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(room + 1)
    except OSError as error:
        raise BundleError(f"{name}: can't be read ({error.strerror}): check its permissions") from None
    if len(content) > room:
        raise BundleTooLarge(f"holds more than {MOST_BYTES >> 20} MiB: leave out what policies do not need")
    return content


def _paths(directory: Path) -> Iterator[tuple[str, Path]]:
    """Each file by its path below the directory, in order."""
    if not directory.is_dir():
        raise BundleError("is no directory: name a directory of .rego files, or a bundle that ends in .tar.gz")
    found = 0
    for folder, folders, names in os.walk(directory):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        below = Path(folder)
        for name in sorted(names):
            path = below / name
            relative = path.relative_to(directory).as_posix()
            if (name.startswith(".") and relative not in (MANIFEST, SIGNATURES)) or not path.is_file():
                continue
            found += 1
            if found > MOST_FILES:
                raise BundleTooLarge(f"holds more than {MOST_FILES} files: leave out what policies do not need")
            yield relative, path
