"""The normal form of a channel's text, built as the text flows, with a way back to what was received.

Each received code point is folded on its own (NFKC of one code point, never across two), so the result does not depend
on how the text was cut. Characters that show nothing vanish; percent-escapes, and in JSON texts backslash-escapes,
become the character they spell; other letters and signs become one stand-in each. Positions are code points.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final

import msgspec

from guard.core.finding import Finding
from guard.scan.hidden import HiddenText
from guard.scan.pattern import OTHER_LETTER, OTHER_SIGN

_SPECIAL: Final = re.compile(r"[%\\\x00-\x08\x0b\x0c\x0e-\x1f]|[^\x00-\x7f]")
_JSON_ESCAPES: Final = {'"': '"', "\\": "\\", "/": "/", "b": " ", "f": " ", "n": "\n", "r": "\r", "t": "\t"}
_HEX: Final = frozenset("0123456789abcdefABCDEF")


class Folded(msgspec.Struct, frozen=True):
    """A stretch of normal form.

    `text` has one character per position; `starts[i]` and `ends[i]` are where in the received text the i-th one stands
    (both None: the stretch is as it was received). `bare[i]`, in JSON texts, says that it stands outside a JSON string.
    """

    text: str
    starts: list[int] | None = None
    ends: list[int] | None = None
    bare: list[bool] | None = None
    hidden: tuple[Finding, ...] = ()


class Fold:
    """One channel's fold. `json`: the channel's text is itself JSON."""

    __slots__ = ("_hidden", "_in_string", "_json", "_pending", "received")

    def __init__(self, json: bool = False) -> None:
        self._json = json
        self._pending = ""
        self._in_string = False
        self._hidden = HiddenText()
        self.received = 0
        """Code points taken so far, those of an unfinished escape included."""

    @property
    def settled(self) -> int:
        """How far the received text has its normal form: an unfinished escape and a joiner in doubt have none yet."""
        return min(self.received - len(self._pending), self._hidden.settled(self.received))

    def feed(self, text: str, final: bool = False) -> Folded:
        """The normal form of what `text` completes. `final`: an unfinished escape is what it looks like."""
        if not self._json and not self._pending and self._hidden.idle and not _SPECIAL.search(text):
            self.received += len(text)
            return Folded(text)
        base = self.received - len(self._pending)
        self.received += len(text)
        text = self._pending + text
        self._pending = ""
        return self._walk(text, base, final)

    def _walk(self, text: str, base: int, final: bool) -> Folded:
        chars: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        bare: list[bool] | None = [] if self._json else None
        at = 0
        while at < len(text):
            width = self._escape_width(text, at)
            if at + width > len(text) and not final:
                self._pending = text[at:]
                break
            width = min(width, len(text) - at)
            outside = not self._in_string
            piece = self._piece(text, at, width, base)
            for char in piece:
                chars.append(char)
                starts.append(base + at)
                ends.append(base + at + width)
                if bare is not None:
                    bare.append(outside)
            at += width
        hidden = self._hidden.take(final)
        return Folded("".join(chars), starts, ends, bare, hidden)

    def _escape_width(self, text: str, at: int) -> int:
        """How many code points the character at `at` is written with; may reach behind the text's end."""
        char = text[at]
        if char == "%" and all(c in _HEX for c in text[at + 1 : at + 3]):
            return 3
        if char == "\\" and self._json:
            if text[at + 1 : at + 2] == "u" and all(c in _HEX for c in text[at + 2 : at + 6]):
                return 6
            return 2
        return 1

    def _piece(self, text: str, at: int, width: int, base: int) -> str:
        char = text[at]
        if width == 1:
            if self._json and char == '"':
                self._in_string = not self._in_string
            self._hidden.feed(char, base + at)
            return _fold_char(char)
        if char == "%" and width == 3:
            code = int(text[at + 1 : at + 3], 16)
            decoded = chr(code) if code < 0x80 else OTHER_SIGN
        elif width == 6:
            decoded = chr(int(text[at + 2 : at + 6], 16))
        else:
            decoded = _JSON_ESCAPES.get(text[at + 1 : at + 2], OTHER_SIGN)
        self._hidden.feed(decoded, base + at, width)
        return _fold_char(decoded)


@lru_cache(maxsize=8192)
def _fold_char(char: str) -> str:
    if char < "\x80":
        return char
    if unicodedata.category(char) in ("Cf", "Mn", "Me", "Cc") or char in "\u115f\u1160\u3164\uffa0":
        return ""
    return "".join(_stand_in(c) for c in unicodedata.normalize("NFKC", char))


def _stand_in(char: str) -> str:
    if char < "\x80":
        return char
    if unicodedata.category(char) in ("Cf", "Mn", "Me", "Cc"):
        return ""
    if unicodedata.category(char) in ("Zs", "Zl", "Zp"):
        return " "
    if unicodedata.category(char) in ("Pd", "Sm") and char in "\u2010\u2011\u2012\u2013\u2014\u2015\u2212":
        return "-"
    digit = unicodedata.digit(char, None)
    if digit is not None:
        return str(digit)
    return OTHER_LETTER if char.isalnum() else OTHER_SIGN
