"""Escapes: characters that are written as a sign and a code: `%40`, `&#64;`, `&commat;`, `\\u0040`, `\\x40`; and
escapes of escapes (`%2540`, `&amp;#64;`, JSON in a string of JSON).

What an escape says may be the sign of a further one; that one goes on with the text behind it. So nesting needs no
second pass, and its bound is how many code points one character may be written with. It can't see escapes that are a
language's own (`\\N{COMMERCIAL AT}`, CSS's `\\40 `), escapes whose code is escaped (`%26%2364;`), `+` for a space, or
bytes in `\\x` that make up one character together.
"""

import html.entities
import re
from functools import cache
from typing import Final

import msgspec

MOST_WIDE: Final = 64
"""Code points that one character may be written with."""

SIGNS: Final = "%&\\"
"""What an escape begins with."""

_UNKNOWN: Final = "\ufffd"
_HEX: Final = frozenset("0123456789abcdefABCDEF")
_BYTE: Final = re.compile(r"(?:%(?:25){0,3})([89abAB][0-9a-fA-F])")
_BYTE_BEGUN: Final = re.compile(r"(?:%(?:25){0,3}2?[89abAB]?)?")
_NUMBER: Final = re.compile(r"#(?:[xX](?P<hex>[0-9a-fA-F]{1,12})|(?P<decimal>[0-9]{1,12}))(?P<end>;?)")
_NUMBER_BEGUN: Final = re.compile(r"#[xX]?")
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9]{0,31}")
_OCTAL: Final = re.compile(r"[01][0-7]{2}")
_OCTAL_BEGUN: Final = re.compile(r"[01][0-7]?")
_BRACED: Final = re.compile(r"\{([0-9a-fA-F]{1,8})\}")
_BRACED_BEGUN: Final = re.compile(r"\{[0-9a-fA-F]{0,8}")
_HIGH: Final = range(0xD800, 0xDC00)
_LOW: Final = re.compile(r"\\{1,8}u([dD][c-fC-F][0-9a-fA-F]{2})")
_LOW_BEGUN: Final = re.compile(r"\\{0,8}|\\{1,8}u(?:[dD](?:[c-fC-F][0-9a-fA-F]?)?)?")
_JSON: Final = {'"': '"', "\\": "\\", "/": "/", "b": " ", "f": " ", "n": "\n", "r": "\r", "t": "\t"}
_BREAK: Final = "\ufe68"
"""A backslash to whoever folds it, and the sign of no further escape."""
_PLAIN: Final = {'"': '"', "'": "'", "\\": "\\", "/": "/", "n": _BREAK, "r": _BREAK, "t": _BREAK}
"""In texts that are no JSON. There `\\n` may be a line's end or a path's next name: it keeps its sign alone, so that
what stands behind it does not begin with a letter that belongs to the escape."""


class Spelled(msgspec.Struct, frozen=True, gc=False):
    """One character, and how many code points it is written with."""

    char: str
    width: int


class _Step(msgspec.Struct, frozen=True, gc=False):
    """What an escape says, and where the text goes on behind it. `open`: what follows the text's end may change it."""

    char: str
    end: int
    open: bool = False


_NONE: Final = _Step("", 0)
"""It is no escape."""
_MORE: Final = _Step("", 0, open=True)
"""The text ends before that is clear."""


def spelled(text: str, at: int, json: bool, final: bool) -> Spelled | None:
    """The character that is written at `at`; None if more text must come to tell. `json`: the text is itself JSON."""
    char, end = text[at], at + 1
    strict = json and char == "\\"
    while char in SIGNS and end - at < MOST_WIDE:
        step = _step(char, text, end, strict)
        if step.open and not final:
            return None
        if not step.end:
            break
        char, end, strict = step.char, step.end, False
    return Spelled(char, end - at)


def _step(sign: str, text: str, at: int, strict: bool) -> _Step:
    if sign == "%":
        return _percent(text, at)
    if sign == "&":
        return _number(text, at) if text[at : at + 1] == "#" else _entity(text, at)
    return _backslash(text, at, strict)


def _percent(text: str, at: int) -> _Step:
    """RFC 3986 2.1, in UTF-8; and the older `%u0040`."""
    if text[at : at + 1] in ("u", "U"):
        return _code(text, at + 1, 4)
    step = _code(text, at, 2)
    code = ord(step.char or "\x00")
    if code < 0x80:
        return step
    size = 2 if 0xC2 <= code < 0xE0 else 3 if 0xE0 <= code < 0xF0 else 4 if 0xF0 <= code < 0xF5 else 0
    raw, end = bytes([code]), step.end
    while len(raw) < size:
        more = _BYTE.match(text, end)
        if more is None:
            return _Step(_UNKNOWN, step.end, open=_BYTE_BEGUN.fullmatch(text, end) is not None)
        raw, end = raw + bytes.fromhex(more[1]), more.end()
    try:
        return _Step(raw.decode(), end)
    except UnicodeDecodeError:
        return _Step(_UNKNOWN, step.end)


def _code(text: str, at: int, size: int) -> _Step:
    """A code of so many hexadecimal digits."""
    digits = text[at : at + size]
    if not all(digit in _HEX for digit in digits):
        return _NONE
    return _Step(_char(int(digits, 16)), at + size) if len(digits) == size else _MORE


def _char(code: int) -> str:
    return chr(code) if code <= 0x10FFFF else _UNKNOWN


def _number(text: str, at: int) -> _Step:
    """HTML's character references by number; browsers do without the semicolon."""
    found = _NUMBER.match(text, at)
    if found is None:
        return _MORE if _NUMBER_BEGUN.fullmatch(text, at) else _NONE
    code = int(found["hex"], 16) if found["hex"] else int(found["decimal"])
    return _Step(_char(code), found.end(), open=not found["end"] and found.end() == len(text))


def _entity(text: str, at: int) -> _Step:
    """HTML's character references by name, with their semicolon."""
    if at == len(text):
        return _MORE
    found = _NAME.match(text, at)
    if found is None:
        return _NONE
    names, beginnings = _entities()
    if text[found.end() : found.end() + 1] == ";":
        char = names.get(found[0])
        return _NONE if char is None else _Step(char, found.end() + 1)
    return _MORE if found.end() == len(text) and found[0] in beginnings else _NONE


@cache
def _entities() -> tuple[dict[str, str], frozenset[str]]:
    """HTML's names of single characters, and how they begin."""
    table = html.entities.html5.items()
    names = {name[:-1]: char for name, char in table if name.endswith(";") and len(char) == 1}
    return names, frozenset(name[:size] for name in names for size in range(1, len(name) + 1))


def _backslash(text: str, at: int, strict: bool) -> _Step:
    """RFC 8259 7 if `strict`; else what programming languages share."""
    kind = text[at : at + 1]
    if not kind:
        return _MORE
    if kind == "u":
        step = _utf16(text, at + 1)
        if step is not _NONE:
            return step
    if strict:
        return _Step(_JSON.get(kind, _UNKNOWN), at + 1)
    if kind in _PLAIN:
        return _Step(_PLAIN[kind], at + 1)
    if kind == "x":
        return _code(text, at + 1, 2)
    if kind == "U":
        return _code(text, at + 1, 8)
    return _braced(text, at + 1) if kind == "u" else _octal(text, at)


def _utf16(text: str, at: int) -> _Step:
    """Four digits, or twice four for a character beyond the basic plane."""
    step = _code(text, at, 4)
    if not step.end or ord(step.char) not in _HIGH:
        return step
    low = _LOW.match(text, step.end)
    if low is not None:
        code = 0x10000 + ((ord(step.char) - 0xD800) << 10) + (int(low[1], 16) - 0xDC00)
        return _Step(chr(code), low.end())
    return _Step(step.char, step.end, open=_LOW_BEGUN.fullmatch(text, step.end) is not None)


def _braced(text: str, at: int) -> _Step:
    """ECMAScript's `\\u{40}`."""
    found = _BRACED.match(text, at)
    if found is not None:
        return _Step(_char(int(found[1], 16)), found.end())
    return _MORE if _BRACED_BEGUN.fullmatch(text, at) else _NONE


def _octal(text: str, at: int) -> _Step:
    """`\\100`, of ASCII only."""
    found = _OCTAL.match(text, at)
    if found is not None:
        return _Step(chr(int(found[0], 8)), found.end())
    return _MORE if _OCTAL_BEGUN.fullmatch(text, at) else _NONE
