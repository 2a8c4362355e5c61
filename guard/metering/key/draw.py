"""Draws keys. A key is 256 random bits, so its SHA-256 is safe to keep.

Slow hashes (bcrypt, Argon2) exist for passwords, which people choose from few: an attacker who has the hash tries them
all, and each try must cost. Nobody tries 2^256 keys, whatever one costs; a slow hash would only cost Guard 50 ms a
request, and make floods of wrong keys dear to refuse. For the same reason no salt is needed.
"""

import hashlib
import secrets
from typing import Final

PREFIX: Final = "guard_"
"""Lets scanners of secrets know a key when they see one."""


def draw() -> tuple[str, str]:
    """A new key and its digest."""
    key = f"{PREFIX}{secrets.token_urlsafe(32)}"
    return key, digest(key)


def digest(key: str) -> str:
    """SHA-256 in lower-case hex. Takes what a header may hold, surrogates included."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()
