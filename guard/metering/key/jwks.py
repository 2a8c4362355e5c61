"""An issuer's public keys (RFC 7517): read where the configuration says, kept, and read again in time.

They are read every `REFRESH_S`, and once more when a token names a key that is not among them, but not more often than
every `PAUSE_S`: tokens with made-up names must not make Guard a flood for others. What is older than `PATIENCE_S` is
not trusted: a key that the issuer has withdrawn since would still be.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

import jwt
import msgspec
import structlog

from guard.errors import KeysUnavailable

REFRESH_S: Final = 300.0
PAUSE_S: Final = 10.0
PATIENCE_S: Final = 3600.0
MOST_KEYS: Final = 64
MOST_WAITING: Final = 256
Read = Callable[[], Awaitable[bytes]]
"""Reads the document. Raises KeysUnavailable."""
KeyTypes = Mapping[str, str]
KEY_TYPE: Final[KeyTypes] = {
    **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), "RSA"),
    **dict.fromkeys(("ES256", "ES384", "ES512"), "EC"),
    "EdDSA": "OKP",
}
"""The algorithms that may be configured, and the keys that they take: public ones, all of them."""
_log: Final = structlog.get_logger("guard.key")


class PublicKey(msgspec.Struct, frozen=True):
    """One key, by its id (empty if it has none) and the algorithm that tokens by it must have."""

    kid: str
    algorithm: str
    key: object


class PublicKeys:
    """The keys of one issuer while `running`."""

    def __init__(self, read: Read, algorithms: Sequence[str], issuer: str) -> None:
        """Reads nothing yet."""
        self._read = read
        self._algorithms = tuple(algorithms)
        self._issuer = issuer
        self._keys: tuple[PublicKey, ...] = ()
        self._turn = asyncio.Lock()
        self._read_s = self._tried_s = float("-inf")
        self._waiting = 0
        self._error = ""

    async def find(self, kid: str, algorithm: str) -> object | None:
        """The key that a token names, or the only one there is for a token that names none. Raises KeysUnavailable."""
        found = self._find(kid, algorithm)
        if found is None or time.monotonic() - self._read_s > PATIENCE_S:
            await self._refresh_for_one()
            found = self._find(kid, algorithm)
        if time.monotonic() - self._read_s > PATIENCE_S:
            raise KeysUnavailable(
                "The token issuer's keys can't be read, so its tokens are not taken; try again later."
            )
        return found

    async def refresh(self, least_s: float = 0.0) -> None:
        """Reads now, unless it was tried less than `least_s` ago. Nothing is raised: what was read before holds on."""
        async with self._turn:
            if time.monotonic() - self._tried_s < least_s:
                return
            self._tried_s = time.monotonic()
            try:
                self._keys = usable_keys(await self._read(), self._algorithms)
            except KeysUnavailable as error:
                self._say(error.message)
            else:
                self._read_s = time.monotonic()
                self._say("")

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Follows the issuer until it is left."""
        async with asyncio.TaskGroup() as group:
            following = group.create_task(self._follow())
            try:
                yield
            finally:
                following.cancel()

    async def _follow(self) -> None:
        while True:
            await self.refresh()
            await asyncio.sleep(REFRESH_S if not self._error else PAUSE_S)

    async def _refresh_for_one(self) -> None:
        if self._waiting >= MOST_WAITING:
            raise KeysUnavailable("Too many wait for the token issuer's keys; try again in a moment.")
        self._waiting += 1
        try:
            await self.refresh(PAUSE_S)
        finally:
            self._waiting -= 1

    def _find(self, kid: str, algorithm: str) -> object | None:
        """By its id; a key without one, or a token without, must be the only one that fits."""
        fitting = [one for one in self._keys if one.algorithm == algorithm and (not kid or one.kid in (kid, ""))]
        named = [one for one in fitting if one.kid == kid] or fitting
        return named[0].key if len(named) == 1 else None

    def _say(self, error: str) -> None:
        if error and error != self._error:
            _log.error("jwks", issuer=self._issuer, problem=error)
        elif self._error and not error:
            _log.info("jwks", issuer=self._issuer, problem="")
        self._error = error


class _Set(msgspec.Struct):
    keys: list[dict[str, Any]]


def usable_keys(document: bytes, algorithms: Sequence[str]) -> tuple[PublicKey, ...]:
    """The keys of a document that fit these algorithms; others are passed over. Raises KeysUnavailable."""
    try:
        listed = msgspec.json.decode(document, type=_Set).keys
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise KeysUnavailable("A token issuer's list of keys is no JWKS: check identity.jwt.") from None
    if len(listed) > MOST_KEYS:
        raise KeysUnavailable(f"A token issuer lists more than {MOST_KEYS} keys: check identity.jwt.")
    return tuple(key for one in listed for algorithm in algorithms if (key := _usable(one, algorithm)) is not None)


def pem_document(data: bytes, algorithm: str) -> bytes:
    """A public key in PEM as a list of one, without an id: tokens may name it as they like. Raises KeysUnavailable."""
    form: Any = jwt.PyJWS(algorithms=[algorithm]).get_algorithm_by_name(algorithm)
    try:
        if b"PRIVATE KEY" in data:
            raise ValueError
        listed = form.to_jwk(form.prepare_key(data), as_dict=True)
    except (jwt.PyJWTError, ValueError, TypeError):
        raise KeysUnavailable("A token issuer's key_file is no public key in PEM: check identity.jwt.") from None
    listed.pop("key_ops", None)
    return msgspec.json.encode({"keys": [listed]})


def _usable(one: Mapping[str, Any], algorithm: str) -> PublicKey | None:
    if one.get("kty") != KEY_TYPE[algorithm] or one.get("use", "sig") != "sig":
        return None
    if one.get("alg", algorithm) != algorithm or not isinstance(one.get("kid", ""), str):
        return None
    # A document that lists private keys is a mistake; what stands in it is used as what it should have been.
    public = {name: value for name, value in one.items() if name in ("kty", "crv", "n", "e", "x", "y")}
    try:
        key = jwt.PyJWK(public, algorithm).key
    except (jwt.PyJWTError, ValueError, TypeError):
        return None
    return None if is_weak(key, algorithm) else PublicKey(one.get("kid", ""), algorithm, key)


def is_weak(key: object, algorithm: str) -> bool:
    """Whether a key is too short for its algorithm, or of another kind or curve."""
    form = jwt.PyJWS(algorithms=[algorithm]).get_algorithm_by_name(algorithm)
    try:
        return bool(form.check_key_length(form.prepare_key(key)))
    except (jwt.PyJWTError, ValueError, TypeError):
        return True
