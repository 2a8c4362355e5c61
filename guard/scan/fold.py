"""The normal form of a channel's text, built as the text flows, with a way back to what was received.

Each received character is folded on its own (NFKC of one code point, never across two), so the result does not depend
on how the text was cut. Characters that show nothing vanish; escapes (see `escape`) become the character they spell,
look-alikes of Latin letters those letters; other letters and signs become one stand-in each. Positions are code points.
"""

import re
import unicodedata
from typing import Final

from guard.core.discreet import Discreet
from guard.core.finding import Finding
from guard.scan.document import Document
from guard.scan.escape import SIGNS, spelled
from guard.scan.hidden import HiddenText
from guard.scan.lookalike import LOOK_ALIKES
from guard.scan.pattern import OTHER_LETTER, OTHER_SIGN

_UNPLAIN: Final = re.compile(r"[%&\\\x00-\x08\x0b\x0c\x0e-\x1f]|[^\x00-\x7f]")
_UNPLAIN_JSON: Final = re.compile(r'[%&\\"\x00-\x08\x0b\x0c\x0e-\x1f]|[^\x00-\x7f]')
_MAY_BEGIN: Final = "{[ \t\r\n"
_UNSEEN: Final = frozenset({"Cf", "Mn", "Me", "Cc"})
_BLANK_LETTERS: Final = frozenset("\u115f\u1160\u3164\uffa0")
_DASHES: Final = frozenset("\u2010\u2011\u2012\u2013\u2014\u2015\u2212")
_LONG_WAY: Final = "\x00"
_MOST_CACHED: Final = 16_384


class Folded(Discreet, frozen=True, gc=False):
    """A stretch of normal form.

    `text` has one character per position; `starts[i]` and `ends[i]` are where in the received text the i-th one stands
    (both None: the stretch maps one to one). `quotes[i]`, in JSON texts, is how a quote is written there if it stands
    outside a JSON string, and empty otherwise.
    """

    text: str
    starts: list[int] | None = None
    ends: list[int] | None = None
    quotes: list[str] | None = None
    hidden: tuple[Finding, ...] = ()


class CharTable(dict[int, str]):
    """For `str.translate`: characters that fold to one character; any other is marked for the long way."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        folded = fold_char(char)
        plain = len(folded) == 1 and (code >= 0x80 or char in "\t\n\r" or code >= 0x20) and char not in SIGNS
        result = folded if plain else _LONG_WAY
        if len(self) < _MOST_CACHED:
            self[code] = result
        return result


class Fold:
    """One channel's fold. `json`: the text is itself JSON. Channels share a `table`, which is only a cache."""

    __slots__ = ("_document", "_flows", "_hidden", "_json", "_pending", "_table", "received")

    def __init__(self, table: CharTable, json: bool = False) -> None:
        self._table = table
        self._json = json
        self._pending = ""
        self._document = Document(json)
        self._hidden = HiddenText()
        self._flows = False
        """Whether nothing is unfinished or in doubt, in a text that is no document: then plain text needs no look."""
        self.received = 0
        """Code points taken so far, those of an unfinished escape included."""

    @property
    def settled(self) -> int:
        """How far the received text has its normal form: an unfinished escape and a joiner in doubt have none yet."""
        return min(self.received - len(self._pending), self._hidden.settled(self.received))

    def plain(self, text: str) -> str | None:
        """The normal form of a text that maps one to one, taken; None, and nothing is taken, for any other."""
        if not text or not (self._flows or self._begins_to_flow(text)):
            return None
        if _UNPLAIN.search(text):
            folded = text.translate(self._table)
            if _LONG_WAY in folded:
                return None
        else:
            folded = text
        self.received += len(text)
        self._hidden.previous = text[-1]
        return folded

    def _begins_to_flow(self, text: str) -> bool:
        document = self._document
        if self._pending or not self._hidden.idle:
            return False
        if document.fresh and text[0] not in _MAY_BEGIN:
            document.run(text)
        self._flows = document.outside
        return self._flows

    def feed(self, text: str, final: bool = False) -> Folded:
        """The normal form of what `text` completes. `final`: an unfinished escape is what it looks like."""
        plain = self.plain(text)
        if plain is not None:
            return Folded(plain)
        self._flows = False
        base = self.received - len(self._pending)
        self.received += len(text)
        text, self._pending = self._pending + text, ""
        return self._walk(text, base, final)

    def _walk(self, text: str, base: int, final: bool) -> Folded:
        document = self._document
        out = _Builder(not document.outside)
        unplain = _UNPLAIN if document.outside else _UNPLAIN_JSON
        at = 0
        while at < len(text):
            found = unplain.search(text, at)
            stop = len(text) if found is None else found.start()
            if stop > at:
                document.run(text[at:stop])
                out.run(text[at:stop], base + at, document.quote)
                self._hidden.feed(text[stop - 1], base + stop - 1)
                at = stop
                continue
            char = spelled(text, at, self._json, final)
            if char is None:
                self._pending = text[at:]
                break
            quote = document.quote
            document.char(char.char, text[at : at + char.width])
            self._hidden.feed(char.char, base + at, char.width)
            out.char(fold_char(char.char), base + at, char.width, quote)
            at += char.width
        return out.folded(self._hidden.take(final))


class _Builder:
    """Collects a folded stretch and its map."""

    __slots__ = ("_ends", "_quotes", "_starts", "_text")

    def __init__(self, json: bool) -> None:
        self._text: list[str] = []
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._quotes: list[str] | None = [] if json else None

    def run(self, text: str, at: int, quote: str) -> None:
        """Characters that are their own normal form."""
        self._text.append(text)
        self._starts.extend(range(at, at + len(text)))
        self._ends.extend(range(at + 1, at + len(text) + 1))
        if self._quotes is not None:
            self._quotes.extend([quote] * len(text))

    def char(self, folded: str, at: int, width: int, quote: str) -> None:
        """One character, written with `width` code points, that became `folded`: none, one or several."""
        for one in folded:
            self._text.append(one)
            self._starts.append(at)
            self._ends.append(at + width)
            if self._quotes is not None:
                self._quotes.append(quote)

    def folded(self, hidden: tuple[Finding, ...]) -> Folded:
        """What was collected."""
        return Folded("".join(self._text), self._starts, self._ends, self._quotes, hidden)


def fold_char(char: str) -> str:
    """The normal form of one code point: nothing, one character, or the several that it stands for."""
    if char < "\x80":
        return char
    if unicodedata.category(char) in _UNSEEN or char in _BLANK_LETTERS:
        return ""
    return "".join(_stand_in(c) for c in unicodedata.normalize("NFKC", char))


def _stand_in(char: str) -> str:
    if char < "\x80":
        return char
    category = unicodedata.category(char)
    if category in _UNSEEN:
        return ""
    if category in ("Zs", "Zl", "Zp"):
        return " "
    if char in _DASHES:
        return "-"
    if char in LOOK_ALIKES:
        return LOOK_ALIKES[char]
    digit = unicodedata.digit(char, None)
    if digit is not None:
        return str(digit)
    return OTHER_LETTER if char.isalnum() else OTHER_SIGN
