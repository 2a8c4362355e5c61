"""An estimate of the tokens in a text, where nobody counts them, and which counts to believe. Pure."""

from typing import Final, TypeGuard

CHARS_PER_TOKEN: Final = 4
_MOST: Final = 1 << 53
"""JSON's largest safe integer; a larger count, or a negative one, is nonsense and taken for absent."""


def estimate(chars: int, deltas: int) -> int:
    """Tokens in a text of `chars` code points that came in `deltas` pieces (0 for text that did not stream).

    A backend sends at least one token a piece, and English runs at some four characters a token
    (https://help.openai.com/en/articles/4936856); the larger of the two counts.
    """
    return max(deltas, -(-chars // CHARS_PER_TOKEN))


def is_sound(count: int | None) -> TypeGuard[int]:
    """Whether somebody reported a count that can be one; zero is one."""
    return count is not None and 0 <= count <= _MOST
