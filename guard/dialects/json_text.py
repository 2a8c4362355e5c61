"""JSON read strictly and with positions: where each string, number and name stands in the bytes.

Guard changes a text inside a JSON document and leaves every other byte as it was, so it needs to know where a literal
begins and ends. Strict means RFC 8259 without its leniences: no duplicate names, no invalid UTF-8, bounded depth. It
does not decode the strings that are values; whoever looks at one does, with `decode_string`.
"""

import re
from typing import Final

import msgspec

_NUMBER: Final = rb"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
_TOKEN: Final = re.compile(
    rb'[ \t\n\r]*(?:(?P<string>"[^"\\\x00-\x1f]*(?:\\.[^"\\\x00-\x1f]*)*")'
    rb"|(?P<number>" + _NUMBER + rb")|(?P<word>true|false|null)|(?P<mark>[\[\]{}:,]))"
)
_MEMBER: Final = re.compile(
    rb'(?>[ \t\n\r]*)(?P<comma>,)?(?>[ \t\n\r]*)(?P<name>"(?>[^"\\\x00-\x1f]*(?:\\.[^"\\\x00-\x1f]*)*)")(?>[ \t\n\r]*):'
    + _TOKEN.pattern
)
"""An object's next member, up to the end of its value, or of the mark that its value begins with."""

_NUMBERS: Final = re.compile(rb"[ \t\n\r]*" + _NUMBER + rb"(?:[ \t\n\r]*,[ \t\n\r]*" + _NUMBER + rb")*[ \t\n\r]*\]")
_LONG_INTEGER: Final = re.compile(rb"(?<![0-9.])[0-9]{12}")
_LONG_NUMBER: Final = re.compile(rb"-?(?:[0-9]{12}|[0-9]\.[0-9]{5,18}[eE]\+?1[1-8])")
_SPACE: Final = re.compile(rb"[ \t\n\r]*")
_ODD_STEP: Final = re.compile(r"[.\[\]]|^$")
_LINE_ENDS: Final = re.compile("[\x85\u2028\u2029]")

Path = tuple[str | int, ...]


class JsonError(ValueError):
    """The bytes are not the strict JSON asked for. The message has positions and no text."""


class Leaf(msgspec.Struct, frozen=True, gc=False):
    """A value that is not a container: its path, its kind, and its literal `raw[start:end]`.

    `where` is the path without its indices, `choices[].delta.content`; a name that would make it ambiguous is a `?` in
    it. `kind` is `string`, `number`, `word`, `empty` (a container with nothing in it) or `numbers` (an array of numbers
    none of which is long: a vector, or token ids). `name` marks an object's member name; its path is the member's.
    """

    path: Path
    where: str
    kind: str
    start: int
    end: int
    name: bool = False


class Container(msgspec.Struct, gc=False):
    """An object or array: its path with and without indices, and its bytes `raw[start:end]` once it has been read."""

    path: Path
    where: str
    start: int
    close: bytes
    end: int = 0
    count: int = 0
    item: str = ""
    """The path of its items without their index."""


_LONGEST_STEP: Final = 40
_LONGEST_WHERE: Final = 128
"""No member that means anything to an API has a longer name or place; each leaf bears its place."""

_decode_string: Final = msgspec.json.Decoder(str)


def decode_string(literal: bytes) -> str:
    """The text of a string literal, quotes included. Raises JsonError."""
    try:
        return _decode_string.decode(literal)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise JsonError("a string is not valid JSON or not valid UTF-8") from None


def encode_string(text: str) -> bytes:
    """A string literal for a text. Characters at which some clients break lines are escaped."""
    literal = msgspec.json.encode(text)
    if not text.isascii() and _LINE_ENDS.search(text):
        return _LINE_ENDS.sub(lambda found: f"\\u{ord(found[0]):04x}", literal.decode()).encode()
    return literal


def is_long_number(literal: bytes) -> bool:
    """Whether a number has as many digits before its point as an account's or a card's, also with an exponent."""
    return len(literal) >= 10 and _LONG_NUMBER.match(literal) is not None


class Reader:
    """Reads one document. `depth` bounds how deep containers may nest, `most` how many names and values there are.

    `one_by_one`: also the numbers of an array of nothing else are leaves of their own.
    """

    def __init__(
        self,
        raw: bytes,
        start: int = 0,
        end: int | None = None,
        depth: int = 64,
        most: int = 1_000_000,
        *,
        one_by_one: bool = False,
    ) -> None:
        self._raw = raw
        self._at = start
        self._end = len(raw) if end is None else end
        self._depth = depth
        self._most = most
        self._one_by_one = one_by_one
        self._leaves: list[Leaf] = []
        self._open: list[Container] = []
        self._names: list[set[str]] = []
        self.containers: dict[Path, Container] = {}
        """Each object and array, once `leaves` has been read."""

    def leaves(self) -> list[Leaf]:
        """Every leaf and every name, in order. Raises JsonError."""
        self._value((), "", self._token())
        while self._open:
            self._step(self._open[-1])
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

    def _value(self, path: Path, where: str, token: "re.Match[bytes]") -> None:
        kind = token.lastgroup or ""
        start, end = token.span(kind)
        if kind != "mark":
            self._leaf(Leaf(path, where, kind, start, end))
            return
        mark = self._raw[start:end]
        if mark not in (b"{", b"["):
            raise JsonError(f"not valid JSON (byte {start})")
        if len(self._open) >= self._depth:
            raise JsonError(f"nested deeper than {self._depth} levels")
        container = Container(path, where, start, b"}" if mark == b"{" else b"]", item=where + "[]")
        if mark == b"[" and not self._one_by_one and self._is_numbers(container):
            return
        self._open.append(container)
        self._names.append(set())

    def _step(self, inside: Container) -> None:
        """Reads a container's next member, or its end."""
        if inside.close == b"}":
            member = _MEMBER.match(self._raw, self._at, self._end)
            if member is not None and (member.start("comma") < 0) == (inside.count == 0):
                self._member(inside, member)
                return
        token = self._token()
        mark = token["mark"]
        if mark == inside.close:
            self._finish(inside)
            return
        if inside.close == b"}":
            raise JsonError(f"an object needs a name and a value here (byte {token.start()})")
        if inside.count:
            if mark != b",":
                raise JsonError(f"not valid JSON (byte {token.start()})")
            token = self._token()
        index, inside.count = inside.count, inside.count + 1
        self._value((*inside.path, index), inside.item, token)

    def _member(self, inside: Container, member: "re.Match[bytes]") -> None:
        start, end = member.span("name")
        name, names = decode_string(self._raw[start:end]), self._names[-1]
        if name in names:
            raise JsonError(f"a name occurs twice in one object (byte {start})")
        names.add(name)
        odd = len(name) > _LONGEST_STEP or len(inside.where) > _LONGEST_WHERE or _ODD_STEP.search(name)
        path, step = (*inside.path, name), "?" if odd else name
        where = f"{inside.where}.{step}" if inside.where else step
        self._leaf(Leaf(path, where, "string", start, end, name=True))
        inside.count += 1
        self._at = member.end()
        self._value(path, where, member)

    def _is_numbers(self, container: Container) -> bool:
        """Takes an array of numbers at once, unless one is long enough to be looked at."""
        numbers = _NUMBERS.match(self._raw, self._at, self._end)
        if numbers is None or _LONG_INTEGER.search(self._raw, self._at, numbers.end()):
            return False
        self._at = numbers.end()
        self._close(container, "numbers")
        return True

    def _finish(self, inside: Container) -> None:
        self._open.pop()
        self._names.pop()
        self._close(inside, "" if inside.count else "empty")

    def _close(self, container: Container, kind: str) -> None:
        container.end = self._at
        self.containers[container.path] = container
        if kind:
            self._leaf(Leaf(container.path, container.where, kind, container.start, container.end))

    def _leaf(self, leaf: Leaf) -> None:
        self._leaves.append(leaf)
        if len(self._leaves) > self._most:
            raise JsonError(f"more than {self._most:,} names and values")
