"""How words are written: a tokenizer of small letters takes it away, so token models get it as a number by each token.

On its way to the model the shape travels in the high bits of the token's id, so that windows and batches need not know.
"""

from collections.abc import Sequence
from typing import Final

from guard.inference.runner import Ids

SMALL: Final = 0
"""No capital letter: small letters, digits, signs, scripts without case."""
FIRST: Final = 1
"""The first character is the only capital letter."""
ALL: Final = 2
"""Two letters or more, and all of them are capital."""
MIXED: Final = 3
"""Any other mix."""

_BITS: Final = 24
_MASK: Final = (1 << _BITS) - 1


def shape_of(word: str) -> int:
    """How a word is written."""
    if word.islower() or not (large := sum(map(str.isupper, word))):
        return SMALL
    if large == 1 and word[0].isupper():
        return FIRST
    return ALL if large == sum(map(str.isalpha, word)) else MIXED


def packed(ids: Sequence[int], shape: int) -> list[int]:
    """A word's token ids with its shape."""
    return [id_ | shape << _BITS for id_ in ids]


def unpacked(ids: Ids) -> tuple[Ids, Ids]:
    """Token ids, and their words' shapes."""
    return ids & _MASK, ids >> _BITS
