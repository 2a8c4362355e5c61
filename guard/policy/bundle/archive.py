"""A bundle's archive: gzip over tar, opened within bounds. Nothing is written to disk, nothing is trusted yet."""

import re
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final, TypeAlias

from guard.errors import BundleError, BundleTooLarge, BundleTruncated
from guard.policy.bundle.tar import members

Files: TypeAlias = Mapping[str, bytes]
"""What a bundle holds: content by path below its root, with forward slashes and none in front."""

MOST_PACKED: Final = 16 * 1024 * 1024
MOST_BYTES: Final = 64 * 1024 * 1024
MOST_FILES: Final = 4096
_LONGEST_NAME: Final = 512
_GZIP: Final = 31
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\\]")


def unpack(packed: bytes) -> Files:
    """The files of a `bundle.tar.gz`.

    Bounds: 16 MiB packed, 64 MiB unpacked, 4,096 files. Links, devices, paths that lead out and names that come twice
    are refused. Raises BundleError, BundleTooLarge, BundleTruncated.
    """
    files: dict[str, bytes] = {}
    for written, content in members(_inflated(packed)):
        name = _sound(written)
        if name in files:
            raise BundleError(f"holds {name} twice: pack each file once")
        if len(files) >= MOST_FILES:
            raise BundleTooLarge(f"holds more than {MOST_FILES} files: leave out what policies do not need")
        files[name] = content
    return files


def read_archive(path: Path) -> Files:
    """The files of a bundle on disk. Raises BundleError; it does not name the path."""
    try:
        with path.open("rb") as file:
            packed = file.read(MOST_PACKED + 1)
    except OSError as error:
        raise BundleError(f"can't be read ({error.strerror}): check its path and permissions") from None
    return unpack(packed)


def _inflated(packed: bytes) -> bytes:
    """What gzip holds (RFC 1952), never more than the bound plus one byte of it."""
    if len(packed) > MOST_PACKED:
        raise BundleTooLarge(f"is larger than {MOST_PACKED >> 20} MiB: leave out what policies do not need")
    unpacker = zlib.decompressobj(_GZIP)
    try:
        whole = unpacker.decompress(packed, MOST_BYTES + 1)
    except zlib.error:
        raise BundleError("is not a sound gzip archive: build it with `opa build`") from None
    if len(whole) > MOST_BYTES:
        raise BundleTooLarge(f"unpacks to more than {MOST_BYTES >> 20} MiB: leave out what policies do not need")
    if not unpacker.eof:
        raise BundleTruncated("ends before its end: send or build it again")
    if unpacker.unused_data:
        raise BundleError("has more behind its end: build it with `opa build`")
    return whole


def _sound(name: str) -> str:
    """The path below the bundle's root."""
    path = name.lstrip("/").removeprefix("./")
    parts = path.split("/")
    if _CONTROL.search(path) or any(part in ("", ".", "..") for part in parts):
        raise BundleError("holds a file whose path leads elsewhere or has odd characters: name files plainly")
    if len(path) > _LONGEST_NAME:
        raise BundleTooLarge(f"holds a file whose path has more than {_LONGEST_NAME} characters: shorten it")
    return path
