"""Words' token ids, remembered: most of a text's words are the same few thousand.

WordPiece reads each word by itself, so a text's tokens are its words' tokens.
"""

from collections.abc import Callable, Sequence
from typing import Final

_MOST_WORDS: Final = 65_536
_LONGEST: Final = 24
"""Characters. What is longer hardly comes twice."""


class Vocabulary:
    """Token ids by word. `encode` is the tokenizer's; `unknown` stands for a word without tokens."""

    def __init__(self, encode: Callable[[str], Sequence[int]], unknown: int) -> None:
        self._encode = encode
        self._unknown = (unknown,)
        self._known: dict[str, tuple[int, ...]] = {}

    def ids(self, word: str) -> tuple[int, ...]:
        """At least one token id for a word."""
        found = self._known.get(word)
        if found is not None:
            return found
        found = tuple(self._encode(word)) or self._unknown
        if len(word) <= _LONGEST:
            if len(self._known) >= _MOST_WORDS:
                self._known.clear()
            self._known[word] = found
        return found
