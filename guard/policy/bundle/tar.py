"""The files of a tar archive that a stranger may have written: ustar, GNU long names, POSIX (pax) paths; nothing else.

Bundles hold plain files, and their signature lies inside, so these bytes are read before anything is trusted. Python's
`tarfile` reads many more kinds of entries, by recursion and backtracking (CVE-2024-6232, CVE-2025-8194 in versions that
Guard runs on); this reads each byte once. It can't see what is in the files.

Format: POSIX.1-2024, pax, "ustar Interchange Format" and "pax Header Block".
"""

from collections.abc import Iterator
from typing import Final

from guard.errors import BundleError, BundleTruncated

_BLOCK: Final = 512
_END: Final = bytes(2 * _BLOCK)
_FILE: Final = frozenset({b"0", b"\0"})
_DIRECTORY: Final = b"5"
_LONG_NAME: Final = b"L"
_EXTENDED: Final = b"x"
_COMMENT: Final = b"g"
_OTHER: Final = "holds a link, a device or a sparse file: pack plain files and directories alone"
_BROKEN: Final = "is not a sound tar archive: build it anew with `opa build`"


def members(archive: bytes) -> Iterator[tuple[str, bytes]]:
    """The name and the content of each file, in order, directories left out. Raises BundleError, BundleTruncated."""
    at, named = 0, ""
    while archive[at : at + len(_END)] != _END:
        header = archive[at : at + _BLOCK]
        kind, size = _checked(header), _octal(header[124:136])
        start = at + _BLOCK
        content = archive[start : start + size]
        if len(content) < size:
            raise BundleTruncated("ends inside a file: send or build it again")
        at = start + -(-size // _BLOCK) * _BLOCK
        if kind == _LONG_NAME:
            named = _decoded(content.rstrip(b"\0"))
        elif kind == _EXTENDED:
            named = _records(content).get("path", named)
        elif kind in _FILE:
            yield named or _name(header), content
            named = ""
        elif kind == _DIRECTORY:
            named = ""
        elif kind != _COMMENT or _records(content).keys() & {"path", "size"}:
            raise BundleError(_OTHER)


def _checked(header: bytes) -> bytes:
    """The kind of entry that a header announces."""
    if len(header) < _BLOCK or not any(header):
        raise BundleTruncated("ends before its end mark: send or build it again")
    total = sum(header) - sum(header[148:156]) + 8 * ord(" ")
    if total != _octal(header[148:156]):
        raise BundleError(_BROKEN)
    return header[156:157]


def _octal(field: bytes) -> int:
    """A number of a header. Sizes past 8 GiB are written otherwise, and are none of ours."""
    digits = field.strip(b" \0")
    if digits.strip(b"01234567"):
        raise BundleError(_BROKEN)
    return int(digits or b"0", 8)


def _name(header: bytes) -> str:
    name = header[:100].partition(b"\0")[0]
    prefix = header[345:500].partition(b"\0")[0] if header[257:263] == b"ustar\0" else b""
    return _decoded(prefix + b"/" + name if prefix else name)


def _records(content: bytes) -> dict[str, str]:
    """The records of a pax header: `LENGTH KEY=VALUE` and a line feed, LENGTH over all of it."""
    found: dict[str, str] = {}
    at = 0
    while at < len(content):
        digits, space, _ = content[at : at + 20].partition(b" ")
        length = int(digits) if space and digits.isdigit() else 0
        key, equals, value = content[at + len(digits) + 1 : at + length].partition(b"=")
        if not equals or not value.endswith(b"\n") or at + length > len(content):
            raise BundleError(_BROKEN)
        if key == b"size" or key.startswith(b"GNU.sparse"):
            raise BundleError(_OTHER)
        if key == b"path":
            found["path"] = _decoded(value[:-1])
        at += length
    return found


def _decoded(name: bytes) -> str:
    try:
        return name.decode()
    except UnicodeDecodeError:
        raise BundleError("holds a file whose name is not UTF-8: rename it") from None
