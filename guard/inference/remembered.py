"""What was found in texts, remembered by keyed hashes: no text is kept, and nobody outside can tell which."""

import hashlib
import secrets
from collections import OrderedDict
from typing import Generic, TypeVar

_T = TypeVar("_T")


class Remembered(Generic[_T]):
    """Verdicts by text; those that were asked for longest ago are forgotten first."""

    def __init__(self, most: int) -> None:
        """`most` verdicts are kept."""
        self._key = secrets.token_bytes(32)
        self._most = most
        self._known: OrderedDict[bytes, _T] = OrderedDict()

    def get(self, key: str, text: str) -> _T | None:
        """What is known of a text; `key` says what kind of verdict is meant."""
        digest = self._digest(key, text)
        found = self._known.get(digest)
        if found is not None:
            self._known.move_to_end(digest)
        return found

    def put(self, key: str, text: str, verdict: _T) -> None:
        """Remembers a verdict."""
        self._known[self._digest(key, text)] = verdict
        if len(self._known) > self._most:
            self._known.popitem(last=False)

    def _digest(self, key: str, text: str) -> bytes:
        data = f"{key}\0{text}".encode("utf-8", "surrogatepass")
        return hashlib.blake2b(data, key=self._key, digest_size=16).digest()
