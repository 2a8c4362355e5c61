"""Cuts a text into the words that the token model labels, whole or as it flows: the words are the same either way.

A word is a run of letters and digits; any other character that is no space is a word by itself. Unseen characters
between letters (zero-width, soft hyphen) are a part of the word and not of what the model reads. A placeholder such as
`<PERSON_k3f9>` is one word that no name may hold.
"""

import re
import unicodedata
from typing import Final, NamedTuple

import regex

from guard.errors import InvariantError

MOST_WORD: Final = 64
"""Characters after which a word is cut although it goes on."""
_LETTER: Final = r"[\p{L}\p{M}\p{N}]"
_UNSEEN: Final = r"[\p{Cf}\u034f]{0,8}"
_HELD: Final = r"<[A-Z][A-Z0-9_]{0,60}_[a-z0-9]{4,32}>"
_HELD_GROWS: Final = r"<[A-Za-z0-9_]{0,93}"
_ESCAPED: Final = r"\\u(?i:00[c-f][\da-f]|0[1-9a-f][\da-f]{2}|1[\da-f]{3})"
"""A letter of Latin, Greek, Cyrillic and so on, as a JSON string may have it."""


class _Form(NamedTuple):
    """The patterns of one kind of text."""

    space: "regex.Pattern[str]"
    word: "regex.Pattern[str]"
    grows: "regex.Pattern[str]"
    """What more text could make longer, or into something else."""

    @classmethod
    def of(cls, space: str, letter: str, sign: str, part: str) -> "_Form":
        word = rf"{letter}(?:{_UNSEEN}{letter}){{0,{MOST_WORD - 1}}}"
        return cls(
            regex.compile(rf"{space}*+"),
            regex.compile(rf"(?P<held>{_HELD})|(?P<word>{word})|(?P<sign>{sign})", regex.DOTALL),
            regex.compile(rf"(?:{_HELD_GROWS}|{word}{_UNSEEN}(?:{part})?|{part})\Z"),
        )


_PLAIN: Final = _Form.of(r"\s", _LETTER, r"\S", r"(?!)")
_JSON: Final = _Form.of(
    r'(?:\s|\\["\\/bfnrt])', rf"(?:{_LETTER}|{_ESCAPED})", r"\\u[\da-fA-F]{4}|\S", r"\\(?:u[\da-fA-F]{0,3})?"
)
_QUICK: Final = re.compile(r"([A-Za-z]{1,64}) ([A-Za-z]{0,64})")
"""What nearly every chunk makes of what was left: a word, a space, perhaps the next one's start."""
_ESCAPE: Final = regex.compile(_ESCAPED)
_INVISIBLE: Final = regex.compile(r"[\p{Cf}\u034f]")


class Word(NamedTuple):
    """One word as the model reads it, from `start` to `end` in the text that was received.

    `breaks`: how many lines end before it, 2 at most. `apart`: it does not touch the word before it. `held`: it is a
    placeholder.
    """

    text: str
    start: int
    end: int
    breaks: int
    apart: bool
    held: bool

    def __repr__(self) -> str:
        return f"Word(start={self.start}, end={self.end})"


class WordCutter:
    """One text, word by word, as it comes. A word is whole when something else has begun behind it."""

    __slots__ = ("_base", "_breaks", "_form", "_text", "_touched", "covered")

    def __init__(self, json: bool = False) -> None:
        """`json`: the text is JSON, in whose strings letters and ends of lines may be escaped."""
        self._form = _JSON if json else _PLAIN
        self._text = ""
        """What is not cut yet; it begins at `_base`."""
        self._base = 0
        self._breaks = 2
        """Ends of lines since the last word, two at most."""
        self._touched = -1
        """Where the last word ended."""
        self.covered = 0
        """How far everything is in words that were given, or is space."""

    def feed(self, text: str, final: bool) -> list[Word]:
        """The words that `text` completes; `final`: nothing follows."""
        form = self._form
        rest = self._text + text
        if not final and (quick := _QUICK.fullmatch(rest)) is not None:
            return self._one(quick)
        words: list[Word] = []
        at = self._skip(rest, 0)
        while at < len(rest):
            if not final and form.grows.match(rest, at) is not None:
                break
            found = form.word.match(rest, at)
            if found is None:
                raise InvariantError("every character that is no space is a word")
            words.append(self._word(found))
            at = self._skip(rest, found.end())
        self._text = rest[at:]
        self._base += at
        self.covered = self._base
        return words

    def _one(self, found: "re.Match[str]") -> list[Word]:
        """The short way of most text."""
        start, end = self._base, self._base + found.end(1)
        word = Word(found[1], start, end, self._breaks, start > self._touched, held=False)
        self._breaks, self._touched = 0, end
        self._text = found[2]
        self._base = self.covered = end + 1
        return [word]

    def _skip(self, text: str, at: int) -> int:
        found = self._form.space.match(text, at)
        end = at if found is None else found.end()
        if end > at:
            space = text[at:end]
            self._breaks = min(2, self._breaks + space.count("\n") + space.count("\\n"))
        return end

    def _word(self, found: "regex.Match[str]") -> Word:
        start, end = self._base + found.start(), self._base + found.end()
        held = found.lastgroup == "held"
        word = Word("it" if held else _read(found[0]), start, end, self._breaks, start > self._touched, held)
        self._breaks, self._touched = 0, end
        return word


def words_of(text: str, json: bool = False) -> list[Word]:
    """All words of a whole text."""
    return WordCutter(json).feed(text, True)


def _read(text: str) -> str:
    """A word in the form that the model knows: compatibility characters unified, unseen ones gone, escapes undone."""
    if text.isascii() and "\\" not in text:
        return text
    spelled = _ESCAPE.sub(lambda found: chr(int(found[0][2:], 16)), text)
    return unicodedata.normalize("NFKC", _INVISIBLE.sub("", spelled)) or text
