"""Context words: whether what stands in front of a match speaks for it.

Follows Presidio's `LemmaContextAwareEnhancer`: the five words in front of the match that are no stop words, and the one
it stands in, hold a context word. Guard has no lemmas, takes a context phrase of several words as well, and remembers a
bounded stretch of text. Words are cut at white space, brackets, quotes, and at signs between letters.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from spacy.lang.en.stop_words import STOP_WORDS

from guard.scan.received import Before

WORDS: Final = 5
"""How many words in front of the match are looked at."""

_WORD: Final = re.compile(r"[^\s\"(){}\[\],;<>=|]+")
_INNER: Final = re.compile(r"(?<=[^\W_])[-:/](?=[^\W\d_])|(?<=[0-9])[-+*^](?=[0-9-])")
"""Where a word is cut in two, as spaCy does."""

_OUTER: Final = ".:!?-/'*`\u2018\u2019\u201c\u201d\u2026"
_ESCAPE: Final = re.compile(r"\\u([0-9a-fA-F]{4})|\\[nrtbf\"\\/]")


class Context:
    """The context words of one recognizer. Immutable."""

    __slots__ = ("_phrases", "_words")

    def __init__(self, words: Iterable[str]) -> None:
        lowered = [word.lower() for word in words]
        self._words = tuple(word for word in lowered if " " not in word.strip())
        self._phrases = tuple(" ".join(word.split()) for word in lowered if " " in word.strip())

    def __bool__(self) -> bool:
        return bool(self._words or self._phrases)

    def supports(self, before: Before, text: str) -> bool:
        """Whether what stands in front of a match, or the word that the match begins in, holds one."""
        begun = text.split(None, 1)[0] if text.strip() else ""
        if not before.words or before.words[0] != begun:
            before.words = (begun, *_last_words(_plain(before.text), _plain(begun)))
        _, words, said = before.words
        return any(word in words for word in self._words) or any(phrase in said for phrase in self._phrases)


def _plain(text: str) -> str:
    """Lower case, in compatible form, JSON's escapes undone, characters that show nothing left out."""
    if "\\" in text:
        text = _ESCAPE.sub(lambda found: chr(int(found[1], 16)) if found[1] else " ", text)
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf")
    return text.lower()


def _last_words(before: str, begun: str) -> tuple[str, str]:
    """The words that count, one a line, and the stretch they stand in with single spaces.

    `begun` is what the match adds to the word that it begins in.
    """
    chunks = list(_WORD.finditer(before))
    start = len(before)
    if chunks and chunks[-1].end() == start:
        start = chunks.pop().start()
    own = before[start:] + begun
    cut = _INNER.search(own, len(before) - start)
    words = _INNER.split(own if cut is None else own[: cut.start()])[::-1]
    counted = sum(map(_counts, words))
    while chunks and counted <= WORDS:
        chunk = chunks.pop()
        start = chunk.start()
        for word in reversed(_INNER.split(chunk[0].strip(_OUTER))):
            if word and word not in STOP_WORDS and counted <= WORDS:
                words.append(word)
                counted += _counts(word)
    return "\n".join(words), " ".join(before[start:].split())


def _counts(word: str) -> bool:
    """Whether it takes one of the places: Presidio loses words with a colon inside. Here they speak all the same."""
    return ":" not in word
