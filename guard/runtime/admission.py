"""Who may begin an exchange: a credential becomes a grant, and there are never more exchanges than can be served.

A refusal costs a digest and a look-up. What was sent is neither kept nor logged; refusals are counted by their code.
"""

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

from guard.core.facts import Identity
from guard.core.grant import Bounds, Grant, Key, is_within
from guard.errors import (
    GuardError,
    KeyExpired,
    KeyRevoked,
    NetworkNotAllowed,
    ScopeNotAllowed,
    TooBusy,
    Unauthorized,
)
from guard.metering.key.table import KeyTable
from guard.ports import Credentials

ANYBODY = Identity(tenant="default", key="none", tier="default")
"""Who asks when no keys are configured."""
MOST_CHARS: Final = 16_384
"""Of a credential. A longer one is no key and no token, and is not even digested."""


def credential_of(authorization: str) -> str:
    """The credential in a header. Raises Unauthorized."""
    scheme, _, token = authorization.partition(" ")
    credential = token.strip()
    if scheme.lower() != "bearer" or not 0 < len(credential) <= MOST_CHARS:
        raise _unknown()
    return credential


def identity_of(keys: KeyTable, authorization: str) -> Identity:
    """Whose key it is. Raises Unauthorized."""
    found = keys.find(credential_of(authorization))
    if found is None:
        raise _unknown()
    return found.identity


class Admission:
    """The door. Its state is how many exchanges are inside, and how many were refused."""

    def __init__(self, keys: Sequence[Key], exchanges: int, credentials: Sequence[Credentials] = ()) -> None:
        """`credentials` are further kinds; without keys and without any of them anybody may enter."""
        self._keys = KeyTable(keys)
        self._credentials = tuple(credentials)
        self.limit = exchanges
        self._refused: Counter[str] = Counter()
        self.inside = 0

    async def identify(self, authorization: str, address: str = "", scope: str = "") -> Grant:
        """What the bearer may do. `address` is the peer's; `scope` is what is asked for, nothing if any will do.

        Raises Unauthorized, NetworkNotAllowed, ScopeNotAllowed, KeysUnavailable.
        """
        if self.open:
            return Grant(ANYBODY)
        try:
            grant = await self._grant(credential_of(authorization))
            _check(grant.bounds, address, scope)
        except GuardError as error:
            self._refused[error.code] += 1
            raise
        return grant

    @property
    def open(self) -> bool:
        """Whether anybody may enter, since no credential is known here."""
        return not len(self._keys) and not self._credentials

    def refusals(self) -> Mapping[str, int]:
        """How many were refused at the door since the start, by the error's code."""
        return dict(self._refused)

    @contextmanager
    def place(self) -> Iterator[None]:
        """Holds a place for one exchange. Raises TooBusy when there is none."""
        if self.inside >= self.limit:
            self._refused[TooBusy.code] += 1
            raise TooBusy("Guard serves as many exchanges as limits.exchanges allows; try again in a moment.")
        self.inside += 1
        try:
            yield
        finally:
            self.inside -= 1

    async def _grant(self, credential: str) -> Grant:
        found = self._keys.find(credential)
        for kind in self._credentials:
            found = found or await kind.grant(credential)
        if found is None:
            raise _unknown()
        return found


def _check(bounds: Bounds, address: str, scope: str) -> None:
    """Passes what is within the bounds. Whoever holds a key may learn why it is not taken."""
    if bounds.revoked:
        raise KeyRevoked("This key was revoked: ask whoever runs Guard for another one.")
    if bounds.until_ms is not None and bounds.until_ms <= time.time_ns() // 1_000_000:
        raise KeyExpired("This key is not taken any more, its time is over or it was replaced: use the new one.")
    if not is_within(bounds.networks, address):
        raise NetworkNotAllowed("This key is not taken from this network: call from one that it was made for.")
    if scope and scope not in bounds.scopes:
        raise ScopeNotAllowed(f"This key is not good for this API: use one that has the scope {scope}.")


def _unknown() -> Unauthorized:
    return Unauthorized("The API key is missing or not known here: send `Authorization: Bearer <key>`.")
