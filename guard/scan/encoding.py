"""Encodings of bytes in letters: base64 (RFC 4648, both alphabets) and hexadecimal; a group of letters is some bytes.

A table: what a stretch is written in, and which letters of a group hold which byte. Whether a stretch is really encoded
only its content tells (see `decoded`).
"""

import binascii
import re
from collections.abc import Callable
from typing import Final

import msgspec

LETTERS: Final = "A-Za-z0-9+/_-"
"""Of all encodings: the inside of a character class."""

ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/_-"

_HEX: Final = re.compile("[0-9a-fA-F]*")
_STANDARD: Final = str.maketrans("-_", "+/")


class Encoding(msgspec.Struct, frozen=True):
    """One encoding: `group` letters are `size` bytes; the byte number `i` of them is in `letters[i]` (first, last)."""

    name: str
    group: int
    size: int
    letters: tuple[tuple[int, int], ...]
    accepted: Callable[[str], int]
    """How many letters of a run, from its first one, are of this encoding."""
    decode: Callable[[str], bytes]
    """Of one group, or of what there is of the last."""


def _base64(run: str) -> bytes:
    """Whole groups, or a last one of two or three letters; a single letter is nothing."""
    digits = run.translate(_STANDARD)
    digits = digits[: len(digits) - (len(digits) % 4 == 1)]
    return binascii.a2b_base64(digits + "=" * (-len(digits) % 4))


def _hex_letters(run: str) -> int:
    found = _HEX.match(run)
    return 0 if found is None else found.end()


def _hex(run: str) -> bytes:
    return bytes.fromhex(run[: len(run) // 2 * 2])


ENCODINGS: Final[tuple[Encoding, ...]] = (
    Encoding("base64", 4, 3, ((0, 1), (1, 2), (2, 3)), len, _base64),
    Encoding("hex", 2, 1, ((0, 1),), _hex_letters, _hex),
)
