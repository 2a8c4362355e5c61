"""Texts sealed with a key that only the operator has: AES-256-GCM, the key drawn from a secret by scrypt (RFC 7914).

Each record file has a salt of its own, so one secret may serve several. A seal names what it belongs to, and opens
only there.
"""

import os
import zlib
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from guard.errors import AuditError

SALT_BYTES: Final = 16
_NONCE_BYTES: Final = 12
_COST: Final = 2**14
_MOST_BYTES: Final = 1 << 28


class Seal:
    """Seals and opens. Making one takes some 50 ms, on purpose."""

    def __init__(self, secret: str, salt: bytes) -> None:
        self._cipher = AESGCM(Scrypt(salt=salt, length=32, n=_COST, r=8, p=1).derive(secret.encode()))

    def close(self, data: bytes, about: str) -> bytes:
        """Compressed and sealed."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, zlib.compress(data, 1), about.encode())

    def open(self, sealed: bytes, about: str) -> bytes:
        """What was sealed. Raises AuditError: another key, or changed bytes."""
        nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            packed = self._cipher.decrypt(nonce, rest, about.encode())
            return zlib.decompressobj().decompress(packed, _MOST_BYTES)
        except (InvalidTag, ValueError, zlib.error):
            raise AuditError("the record's texts were sealed with another key: give that one") from None
