"""Tells tokens from keys, and each token's issuer. Nothing that it reads here is trusted: it only says who must check.

A token that is too long, or is no token in its form, costs next to nothing and reaches no library.
"""

import base64
import binascii
from collections.abc import Sequence
from typing import Final, TypeVar

import msgspec

from guard.core.grant import Grant
from guard.errors import InvalidToken
from guard.metering.key.issuer import Issuer, TokenHead

MOST_CHARS: Final = 8192
_T = TypeVar("_T")


class _Said(msgspec.Struct):
    iss: str


class Tokens:
    """The tokens of all issuers that are trusted. Implements `ports.Credentials`."""

    def __init__(self, issuers: Sequence[Issuer]) -> None:
        self._issuers = {issuer.rules.issuer: issuer for issuer in issuers}

    async def grant(self, credential: str) -> Grant | None:
        """See `ports.Credentials`. What has not two dots in it is no token."""
        if credential.count(".") != 2:
            return None
        if len(credential) > MOST_CHARS:
            raise InvalidToken(f"The token is longer than {MOST_CHARS} characters: get one with fewer claims.")
        head, said, _ = credential.split(".")
        issuer = self._issuers.get(_part(said, _Said).iss)
        if issuer is None:
            raise InvalidToken("The token is by an issuer that is not trusted here: get one by another.")
        return await issuer.grant(credential, _part(head, TokenHead))


def _part(text: str, kind: type[_T]) -> _T:
    """One part of a token. Raises InvalidToken."""
    try:
        data = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), b"-_", validate=True)
        return msgspec.json.decode(data, type=kind)
    except (UnicodeError, binascii.Error, msgspec.MsgspecError, RecursionError):
        raise InvalidToken("This is no token: send one that its issuer has signed.") from None
