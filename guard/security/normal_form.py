"""The form in which classifiers read a text: compatibility characters unified, unseen ones and terminal colours gone,
look-alikes of Latin letters replaced where a word mixes scripts. Offsets lead back to what was received.

The patterns' own fold (`scan/fold.py`) knows no letters beyond ASCII; a classifier reads words, so here they stay
whole. It can't see encodings (see `decoding.py`), nor a word that is written in look-alikes alone.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from guard.core.discreet import Discreet
from guard.scan.lookalike import LOOK_ALIKES

_UNSEEN: Final = frozenset({"Cf", "Me", "Cc", "Co", "Cs"})
_BLANK: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters, marks and signs that show nothing."""
_PLAIN: Final = re.compile(r"[\t\n\r -~]*+")
_COLOUR: Final = re.compile(r"\x1b\[[0-?]*+[ -/]*+[@-~]")
"""ECMA-48's control sequences: of letters they hide no more than the one that ends them."""
_WORD: Final = re.compile(r"\w+")
_LATIN: Final = re.compile(r"[A-Za-z]")
_MARKS_AFTER: Final = 2
"""Combining marks that a letter may carry before more of them are noise."""
_MOST_FOR_ONE: Final = 4
"""A character that stands for more than so many others stays as it is: a text must not grow without bound."""


class NormalForm(Discreet, frozen=True):
    """`text`, and for each of its characters where it stood (`places` is None if all stand where they stood)."""

    text: str
    places: tuple[int, ...] | None = None
    received: int = 0

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The received stretch that `text[start:end]` was written with."""
        if self.places is None:
            return start, end
        if not self.places:
            return 0, self.received
        last = len(self.places)
        begin = self.places[min(start, last - 1)]
        return begin, self.received if end >= last else max(begin + 1, self.places[end])


def normal_form(text: str) -> NormalForm:
    """The normal form of a whole text. Takes time in proportion to its length."""
    if text.isascii() and _PLAIN.fullmatch(text):
        return NormalForm(text)
    out: list[str] = []
    places: list[int] = []
    for place, char in _seen(text):
        for one in _unified(char):
            out.append(one)
            places.append(place)
    return NormalForm(_WORD.sub(_latinised, "".join(out)), tuple(places), len(text))


def _seen(text: str) -> Iterator[tuple[int, str]]:
    """The characters that show, or divide words, and where they stand."""
    marks, skipped = 0, 0
    for place, char in enumerate(text):
        if place < skipped:
            continue
        if char == "\x1b" and (colour := _COLOUR.match(text, place)) is not None:
            skipped = colour.end()
            continue
        category = unicodedata.category(char)
        marks = marks + 1 if category == "Mn" else 0
        if char.isspace() or not (category in _UNSEEN or marks > _MARKS_AFTER or char in _BLANK):
            yield place, char


def _unified(char: str) -> str:
    """Its compatibility form; a space for what only divides words."""
    if " " <= char < "\x80" or char in "\t\n\r":
        return char
    if char.isspace():
        return "\n" if char in "\u2028\u2029\x85" else " "
    said = unicodedata.normalize("NFKC", char)
    return said if len(said) <= _MOST_FOR_ONE else char


def _latinised(word: re.Match[str]) -> str:
    """A word that mixes Latin letters with look-alikes, in Latin; any other word as it is."""
    if word[0].isascii() or not _LATIN.search(word[0]):
        return word[0]
    return "".join(LOOK_ALIKES.get(char, char) for char in word[0])
