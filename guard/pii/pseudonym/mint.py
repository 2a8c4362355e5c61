"""Makes the names of values: keyed digests, short enough for a model to copy, distinct within one exchange."""

import base64
import hashlib
import hmac
from collections.abc import Collection
from typing import Final

from guard.pii.pseudonym.form import ALPHABET, CODE_MOST, Name

_CODE_CHARS: Final = 4
"""20 bits: two of a hundred values of one kind clash in one exchange of two hundred; the later gets another code."""

_TRIES: Final = 8
_LETTERS: Final = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", ALPHABET)
_HASH_DIGITS: Final = 12


class Mint:
    """One exchange's names. `taken` are names that the request's text already holds: they stay what they are."""

    def __init__(self, key: bytes, taken: Collection[Name] = ()) -> None:
        self._key = key
        self._taken = set(taken)
        self._names: dict[tuple[str, str], Name] = {}

    def name(self, label: str, value: str) -> Name:
        """The name of a value; the same value has the same name, and no other has it."""
        known = self._names.get((label, value))
        if known is not None:
            return known
        for attempt in range(2 * _TRIES):
            size = _CODE_CHARS if attempt < _TRIES else CODE_MOST
            name = Name(label, self._code(label, value, attempt)[:size])
            if name not in self._taken:
                break
        self._taken.add(name)
        self._names[label, value] = name
        return name

    def digest(self, label: str, value: str) -> str:
        """Hexadecimal digits that tell equal values from others and nothing else."""
        return self._mac("hash", label, value).hex()[:_HASH_DIGITS]

    def number(self, label: str, value: str, attempt: int) -> int:
        """A number that chooses a surrogate."""
        return int.from_bytes(self._mac("surrogate", str(attempt), label, value)[:8], "big")

    def _code(self, label: str, value: str, attempt: int) -> str:
        digest = base64.b32encode(self._mac("placeholder", str(attempt), label, value))
        return digest.decode().rstrip("=").translate(_LETTERS)

    def _mac(self, *parts: str) -> bytes:
        text = "\0".join(parts).encode("utf-8", "surrogatepass")
        return hmac.new(self._key, text, hashlib.sha256).digest()
