"""Keys by their digests. Looking one up takes the same time for a known key as for an unknown one.

Keys are indexed by the first 64 bits of their digest; what lies there is compared whole, in constant time. What the
index can tell by its timing is whether some digest begins with these bits. Whoever learns that has learned 64 bits of
a digest: to ask for more they would need a key with a digest of their choice, which is 2^64 trials, and a digest does
not lead back to its key.
"""

import hmac
from collections.abc import Iterable
from typing import Final

from guard.core.grant import Grant, Key
from guard.metering.key.draw import digest

_PREFIX: Final = 16
_NONE: Final = "0" * 64


class KeyTable:
    """A fixed number of keys."""

    def __init__(self, keys: Iterable[Key]) -> None:
        self._keys: dict[str, list[Key]] = {}
        for key in keys:
            self._keys.setdefault(key.sha256[:_PREFIX], []).append(key)

    def __len__(self) -> int:
        return sum(map(len, self._keys.values()))

    def find(self, key: str) -> Grant | None:
        """What a key grants; None if it is not known here."""
        asked = digest(key)
        found: Grant | None = None
        for known in self._keys.get(asked[:_PREFIX], ()):
            if hmac.compare_digest(asked, known.sha256):
                found = Grant(known.identity, known.bounds)
        if found is None:
            hmac.compare_digest(asked, _NONE)
        return found
