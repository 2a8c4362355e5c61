"""Decides, word by word and without a model, which stretches of a text could hold a name or an address.

A word counts by its form (a capital letter, digits) and by two lists: common words, which are no sign of a name at the
beginning of a sentence, and given names, which are one also in small letters. What it loses: names in small letters
whose given name is not on the list, and names in scripts without capital letters.
"""

import enum
import re
from importlib.resources import files
from typing import Final

import msgspec

from guard.pii.names.word import Word


class Weight(enum.IntEnum):
    """What a word says: `NONE`, `PART` (of a name, if another word makes it one), or `NAME`."""

    NONE = 0
    PART = 1
    NAME = 2


_DIGITS: Final = re.compile(r"\d{1,6}[A-Za-z]?")
_ENDS: Final = frozenset(".!?:;\"“”„«»'‘’([{*#>|-–—•")
"""Signs behind which a sentence, a quotation or an item may begin."""


class Gate:
    """Weighs the words of one text in their order: it remembers whether a sentence begins."""

    __slots__ = ("_begins", "_lists")

    def __init__(self, lists: "Lists") -> None:
        self._lists = lists
        self._begins = True

    def weigh(self, word: Word) -> Weight:
        """What the next word says."""
        begins = self._begins or word.breaks
        text = word.text
        first = text[0]
        if not first.isalnum():
            self._begins = begins or text in _ENDS
            return Weight.NONE
        self._begins = False
        if word.held:
            return Weight.NONE
        if first.isdigit():
            return Weight.PART if _DIGITS.fullmatch(text) else Weight.NONE
        if first == first.lower():
            return self._small(text)
        return self._large(text.lower(), begins)

    def _small(self, text: str) -> Weight:
        if text in self._lists.given and text not in self._lists.common:
            return Weight.NAME
        return Weight.PART if text in self._lists.streets else Weight.NONE

    def _large(self, small: str, begins: bool) -> Weight:
        if small not in self._lists.common:
            return Weight.NAME if len(small) > 1 else Weight.PART
        return Weight.NONE if begins and small not in self._lists.given else Weight.PART


class Lists(msgspec.Struct, frozen=True):
    """The words that the gate knows, in small letters: common ones, given names, and what addresses hold."""

    common: frozenset[str]
    given: frozenset[str]
    streets: frozenset[str]

    @classmethod
    def bundled(cls) -> "Lists":
        """The lists that come with Guard; `models/training/name_lexicon.py` writes the first two."""
        return cls(*map(_words, ("common", "given", "streets")))


def _words(name: str) -> frozenset[str]:
    return frozenset((files("guard.pii.names") / f"{name}.txt").read_text("utf-8").split())
