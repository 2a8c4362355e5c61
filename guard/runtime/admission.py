"""Who may begin an exchange: a key becomes an identity, and there are never more exchanges than can be served."""

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec

from guard.core.facts import Identity
from guard.errors import TooBusy, Unauthorized

ANYBODY = Identity(tenant="default", key="none", tier="default")
"""Who asks when no keys are configured."""


class Key(msgspec.Struct, frozen=True):
    """A key that is known here, by its SHA-256 in lower-case hex."""

    sha256: str
    identity: Identity


def identity_of(keys: Sequence[Key], authorization: str) -> Identity:
    """Whose key it is. Compares with every one, so that the time taken tells nothing. Raises Unauthorized."""
    scheme, _, token = authorization.partition(" ")
    digest = hashlib.sha256(token.strip().encode("utf-8", "surrogateescape")).hexdigest()
    found: Identity | None = None
    for key in keys:
        if hmac.compare_digest(digest, key.sha256):
            found = key.identity
    if found is None or scheme.lower() != "bearer":
        raise Unauthorized("The API key is missing or not known here: send `Authorization: Bearer <key>`.")
    return found


class Admission:
    """The door. Its one state is how many exchanges are inside."""

    def __init__(self, keys: Sequence[Key], exchanges: int) -> None:
        self._keys = tuple(keys)
        self._limit = exchanges
        self.inside = 0

    def identify(self, authorization: str) -> Identity:
        """Who the bearer is. Raises Unauthorized."""
        if not self._keys:
            return ANYBODY
        return identity_of(self._keys, authorization)

    @contextmanager
    def place(self) -> Iterator[None]:
        """Holds a place for one exchange. Raises TooBusy when there is none."""
        if self.inside >= self._limit:
            raise TooBusy("Guard serves as many exchanges as limits.exchanges allows; try again in a moment.")
        self.inside += 1
        try:
            yield
        finally:
            self.inside -= 1
