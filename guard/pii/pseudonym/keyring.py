"""The keys of pseudonyms: one for each tenant, or for each of its conversations, from one secret of the operator's."""

import enum
import hashlib
import hmac
from typing import Final

_PURPOSE: Final = b"guard pseudonym 1"


class Scope(enum.Enum):
    """How far one value has one pseudonym: for all of a tenant's exchanges, or within one conversation."""

    TENANT = "tenant"
    CONVERSATION = "conversation"


class Keyring:
    """Derives keys (HMAC-SHA-256, RFC 2104). `secret` has 16 bytes at least. Raises ValueError for a shorter one."""

    __slots__ = ("_scope", "_secret")

    def __init__(self, secret: bytes, scope: Scope = Scope.TENANT) -> None:
        if len(secret) < 16:
            raise ValueError("the secret has less than 16 bytes")
        self._secret = secret
        self._scope = scope

    def key(self, tenant: str, opening: str) -> bytes:
        """The key of a tenant; `opening` is how a conversation begins, which is the same in each of its turns."""
        key = _digest(_digest(self._secret, _PURPOSE), tenant.encode())
        return key if self._scope is Scope.TENANT else _digest(key, opening.encode("utf-8", "surrogatepass"))

    def __repr__(self) -> str:
        return f"Keyring(scope={self._scope!r})"


def _digest(key: bytes, text: bytes) -> bytes:
    return hmac.new(key, text, hashlib.sha256).digest()
