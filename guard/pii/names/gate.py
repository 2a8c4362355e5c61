"""Decides, word by word and without a model, which stretches of a text could hold a name or an address.

A word counts by its form (a capital letter, digits) and by lists: common words, which are no sign of a name however
they are written, and given names, titles, particles and streets' words, which are one also in small letters. What it
loses: names in small letters that none of these begins, and names in scripts without capital letters. For whole texts,
which are paid for once, it is wide: in those written in small letters throughout, any uncommon word may be a name.
"""

import enum
import re
from importlib.resources import files
from typing import Final

import msgspec

from guard.pii.names.word import Word


class Weight(enum.IntEnum):
    """What a word says. All but `NONE` count: they make a run of words that is looked at together."""

    NONE = 0
    LEAD = 1
    """It may stand before or within a name (`van`, `The`, `J`), and says nothing unless one follows at once."""
    NUMBER = 2
    STREET = 3
    """A word of addresses. It and a number make a run worth reading."""
    NAME = 4
    """It makes a run worth reading."""


_DIGITS: Final = re.compile(r"\d{1,6}[A-Za-z]?")
_ENDS: Final = frozenset(".!?:;\"“”„«»'‘’([{*#>|-–—•")
"""Signs behind which a sentence, a quotation or an item may begin."""


class Gate:
    """Weighs the words of one text in their order: it remembers whether a sentence begins."""

    __slots__ = ("_begins", "_lists", "_small_style", "_wide")

    def __init__(self, lists: "Lists", wide: bool = False) -> None:
        """`wide`: where sentences begin in small letters, every word of letters that is not common is a name."""
        self._lists = lists
        self._wide = wide
        self._begins = True
        self._small_style = False

    def weigh(self, word: Word) -> Weight:
        """What the next word says."""
        begins = self._begins or word.breaks > 0
        text = word.text
        first = text[0]
        if not first.isalnum():
            self._begins = begins or text in _ENDS
            return Weight.NONE
        self._begins = False
        if word.held:
            return Weight.NONE
        if first.isdigit():
            return Weight.NUMBER if _DIGITS.fullmatch(text) else Weight.NONE
        if begins:
            self._small_style = first.islower()
        if first == first.lower():
            return self._small(text)
        return self._large(text.lower(), begins)

    def _small(self, text: str) -> Weight:
        lists = self._lists
        if text in lists.titles or (text in lists.given and text not in lists.common):
            return Weight.NAME
        if text in lists.streets:
            return Weight.STREET
        if self._wide and self._small_style and len(text) > 2 and text.isalpha() and text not in lists.common:
            return Weight.NAME
        return Weight.LEAD if text in lists.particles else Weight.NONE

    def _large(self, small: str, begins: bool) -> Weight:
        lists = self._lists
        if len(small) == 1:
            return Weight.NONE if small == "i" or (begins and small == "a") else Weight.LEAD
        if small not in lists.common:
            return Weight.NAME
        return Weight.NONE if begins and small not in lists.given else Weight.LEAD


class Lists(msgspec.Struct, frozen=True):
    """The words that the gate knows, in small letters."""

    common: frozenset[str]
    given: frozenset[str]
    streets: frozenset[str] = frozenset()
    particles: frozenset[str] = frozenset()
    """What stands before family names and places in small letters."""
    titles: frozenset[str] = frozenset()
    """What stands before persons."""

    @classmethod
    def bundled(cls) -> "Lists":
        """The lists that come with Guard; `models/training/name_lexicon.py` writes the first two."""
        return cls(*map(_words, ("common", "given", "streets", "particles", "titles")))


def _words(name: str) -> frozenset[str]:
    return frozenset((files("guard.pii.names") / f"{name}.txt").read_text("utf-8").split())
