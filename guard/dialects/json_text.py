"""JSON read strictly and with positions: where each string, number and name stands in the bytes.

Guard changes a text inside a JSON document and leaves every other byte as it was, so it needs to know where a literal
begins and ends. Strict means RFC 8259 without its leniences: no duplicate names, no invalid UTF-8, bounded depth.
"""

import re
from typing import Final

import msgspec

_TOKEN: Final = re.compile(
    rb'[ \t\n\r]*(?:(?P<string>"[^"\\\x00-\x1f]*(?:\\.[^"\\\x00-\x1f]*)*")'
    rb"|(?P<number>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)"
    rb"|(?P<word>true|false|null)|(?P<mark>[\[\]{}:,]))"
)
_NUMBER: Final = rb"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
_NUMBERS: Final = re.compile(rb"[ \t\n\r]*" + _NUMBER + rb"(?:[ \t\n\r]*,[ \t\n\r]*" + _NUMBER + rb")*[ \t\n\r]*\]")
_SPACE: Final = re.compile(rb"[ \t\n\r]*")

Path = tuple[str | int, ...]


class JsonError(ValueError):
    """The bytes are not the strict JSON asked for. The message has positions and no text."""


class Leaf(msgspec.Struct, frozen=True):
    """A value that is not a container: its path, its kind, and its literal `raw[start:end]`.

    `kind` is `string`, `number`, `word`, `empty` (a container with nothing in it) or `numbers` (an array of numbers and
    nothing else: a vector, or token ids). `name` marks an object's member name; its path is the member's.
    """

    path: Path
    kind: str
    start: int
    end: int
    name: bool = False


_decode_string: Final = msgspec.json.Decoder(str)


def decode_string(literal: bytes) -> str:
    """The text of a string literal, quotes included. Raises JsonError."""
    try:
        return _decode_string.decode(literal)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise JsonError("a string is not valid JSON or not valid UTF-8") from None


def encode_string(text: str) -> bytes:
    """A string literal for a text."""
    return msgspec.json.encode(text)


class Reader:
    """Reads one document. `depth` bounds how deep containers may nest."""

    def __init__(self, raw: bytes, start: int = 0, end: int | None = None, depth: int = 64) -> None:
        self._raw = raw
        self._at = start
        self._end = len(raw) if end is None else end
        self._depth = depth
        self._leaves: list[Leaf] = []
        self.containers: dict[Path, tuple[int, int]] = {}
        """Where each object and array stands, once `leaves` has been read."""

    def leaves(self) -> list[Leaf]:
        """Every leaf and every name, in order. Raises JsonError."""
        self._value((), self._token(), 0)
        space = _SPACE.match(self._raw, self._at, self._end)
        if space is None or space.end() != self._end:
            raise JsonError(f"there is more after the end of the document (byte {self._at})")
        return self._leaves

    def _token(self) -> "re.Match[bytes]":
        token = _TOKEN.match(self._raw, self._at, self._end)
        if token is None:
            raise JsonError(f"not valid JSON (byte {self._at})")
        self._at = token.end()
        return token

    def _value(self, path: Path, token: "re.Match[bytes]", depth: int) -> None:
        kind = token.lastgroup or ""
        start, end = token.span(kind)
        if kind != "mark":
            self._leaves.append(Leaf(path, kind, start, end))
            return
        if depth >= self._depth:
            raise JsonError(f"nested deeper than {self._depth} levels")
        mark = self._raw[start:end]
        if mark == b"{":
            self._object(path, depth + 1, start)
        elif mark == b"[":
            self._array(path, depth + 1, start)
        else:
            raise JsonError(f"not valid JSON (byte {start})")
        self.containers[path] = (start, self._at)

    def _object(self, path: Path, depth: int, start: int) -> None:
        seen: set[str] = set()
        token = self._token()
        if self._is(token, b"}"):
            self._leaves.append(Leaf(path, "empty", start, self._at))
            return
        while True:
            if token.lastgroup != "string":
                raise JsonError(f"a member needs a name (byte {token.start()})")
            name = decode_string(token.group("string"))
            if name in seen:
                raise JsonError(f"a name occurs twice in one object (byte {token.start('string')})")
            seen.add(name)
            self._leaves.append(Leaf((*path, name), "string", *token.span("string"), name=True))
            self._expect(b":")
            self._value((*path, name), self._token(), depth)
            if not self._more(b"}"):
                return
            token = self._token()

    def _array(self, path: Path, depth: int, start: int) -> None:
        numbers = _NUMBERS.match(self._raw, self._at, self._end)
        if numbers is not None:
            self._at = numbers.end()
            self._leaves.append(Leaf(path, "numbers", start, self._at))
            return
        token = self._token()
        if self._is(token, b"]"):
            self._leaves.append(Leaf(path, "empty", start, self._at))
            return
        index = 0
        while True:
            self._value((*path, index), token, depth)
            if not self._more(b"]"):
                return
            token = self._token()
            index += 1

    def _is(self, token: "re.Match[bytes]", mark: bytes) -> bool:
        return token.group("mark") == mark

    def _expect(self, mark: bytes) -> None:
        token = self._token()
        if token.group("mark") != mark:
            raise JsonError(f"not valid JSON (byte {token.start()})")

    def _more(self, end: bytes) -> bool:
        token = self._token()
        mark = token.group("mark")
        if mark not in (b",", end):
            raise JsonError(f"not valid JSON (byte {token.start()})")
        return mark == b","
