"""The chain of hashes that a shard's entries form, and the heads that are signed. Pure.

A shard begins with a hash of itself and of the shard before it, so that no shard can be taken out of the middle. Every
entry's hash covers the one before. A head says how far a shard had come at a time; heads form a chain of their own,
and an Ed25519 signature on one vouches for all before it. Whoever holds the key can still write another history: keep
it off the machine's backups, and compare heads in the log where that matters.
"""

import hashlib
from typing import Final

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

_SHARD: Final = "guard.ledger.shard.2"
_FORMER_SHARD: Final = "guard.ledger.shard.1"
_FORMER_FORM: Final = 3
"""The one form of shards whose genesis does not name it."""
_HEAD: Final = "guard.ledger.head.1"
KEY_CURE: Final = "must be an Ed25519 key in PEM: openssl genpkey -algorithm ed25519 makes one"
_Mark = tuple[str | int, ...]


class Birth(msgspec.Struct, frozen=True):
    """How a shard began. `follows` is the shard begun last before it, and its genesis; empty for the first. `form` says
    over which columns its entries are hashed."""

    shard: str
    pid: int
    started_ms: int
    follows: str
    follows_genesis: bytes
    form: int

    @property
    def genesis(self) -> bytes:
        """The hash that the first entry's follows."""
        told = self.shard, self.pid, self.started_ms, self.follows, self.follows_genesis.hex()
        if self.form == _FORMER_FORM:
            return _hash((_FORMER_SHARD, *told))
        return _hash((_SHARD, *told, self.form))


class Head(msgspec.Struct, frozen=True):
    """How far a shard had come: `number` counts its heads from 1, `seq` and `hash` are its last entry's then."""

    shard: str
    number: int
    seq: int
    hash: bytes
    at_ms: int
    key_id: str
    """Whose signature it bears; empty: nobody's."""

    def digest(self, previous: bytes) -> bytes:
        """What is signed: the hash of this head and of the digest before it, which is the shard's genesis at first."""
        told = (_HEAD, self.shard, self.number, self.seq, self.hash.hex(), self.at_ms, self.key_id, previous.hex())
        return _hash(told)


class Signer:
    """Signs heads."""

    def __init__(self, pem: str) -> None:
        """Raises ValueError."""
        try:
            key = load_pem_private_key(pem.encode(), None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise ValueError(KEY_CURE) from None
        if not isinstance(key, Ed25519PrivateKey):
            raise ValueError(KEY_CURE)
        self._key = key
        self.check: Final = Check(key.public_key())

    @property
    def key_id(self) -> str:
        """Names the key."""
        return self.check.key_id

    def sign(self, digest: bytes) -> bytes:
        """64 bytes."""
        return self._key.sign(digest)


class Check:
    """Checks heads' signatures."""

    def __init__(self, key: Ed25519PublicKey) -> None:
        self._key = key
        raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.key_id: Final = hashlib.sha256(raw).hexdigest()[:16]

    @classmethod
    def of_pem(cls, pem: str) -> "Check":
        """From a public key. Raises ValueError."""
        try:
            key = load_pem_public_key(pem.encode())
        except (ValueError, UnsupportedAlgorithm):
            raise ValueError(KEY_CURE) from None
        if not isinstance(key, Ed25519PublicKey):
            raise ValueError(KEY_CURE)
        return cls(key)

    def holds(self, digest: bytes, signature: bytes | None) -> bool:
        """Whether this key made the signature."""
        try:
            self._key.verify(signature or b"", digest)
        except InvalidSignature:
            return False
        return True


def _hash(told: _Mark) -> bytes:
    return hashlib.sha256(msgspec.json.encode(told)).digest()
