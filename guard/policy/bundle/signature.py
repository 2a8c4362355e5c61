"""A bundle's signature: `.signatures.json` holds one JSON Web Token that lists each file with its digest.

With a key configured a bundle needs a signature, its token must be by that key, by that algorithm and for that scope,
and it must list exactly the files that are there. The algorithm comes from the configuration, never from the token.

Format: https://www.openpolicyagent.org/docs/management-bundles#signature-format; tokens: RFC 7515, RFC 7518.
"""

import hashlib
import hmac
from collections.abc import Callable
from typing import Final

import jwt
import msgspec

from guard.errors import BundleSignature, BundleTampered, BundleUnsigned
from guard.policy.bundle.archive import Files
from guard.policy.bundle.document import canonical, decode, is_document
from guard.policy.bundle.key import VerificationKey

SIGNATURES: Final = ".signatures.json"
_DIGESTS: Final[dict[str, Callable[[], "hashlib._Hash"]]] = {
    "SHA-256": hashlib.sha256,
    "SHA-384": hashlib.sha384,
    "SHA-512": hashlib.sha512,
}
_AGAIN: Final = "sign it again with `opa sign`"


class _Signatures(msgspec.Struct):
    signatures: list[str] = []
    plugin: str = ""


class _Signed(msgspec.Struct):
    name: str
    hash: str
    algorithm: str


class _Payload(msgspec.Struct):
    files: list[_Signed]
    keyid: str = ""
    scope: str = ""


class Verifier:
    """Checks bundles against one configured key."""

    def __init__(self, key: VerificationKey) -> None:
        """Raises ConfigError for a key that does not fit its algorithm, is too short, or is a private one."""
        self._config = key
        self._checker, self._key = key.verifying()

    def check(self, files: Files) -> None:
        """Passes a bundle whose files are those that were signed.

        Raises BundleUnsigned, BundleSignature, BundleTampered, BundleError.
        """
        if SIGNATURES not in files:
            raise BundleUnsigned(f"has no {SIGNATURES}, and policy.verify asks for one: {_AGAIN}")
        signed = self._signed(files[SIGNATURES])
        for name, content in files.items():
            if name != SIGNATURES:
                _check_file(name, content, signed.pop(name, None))
        if signed:
            raise BundleTampered(f"lacks a file that its signature lists: {_AGAIN}, without an old {SIGNATURES} in it")

    def _signed(self, written: bytes) -> dict[str, _Signed]:
        """What the token lists, by name, once the token is seen to be genuine."""
        payload = self._payload(_token(written))
        if payload.scope != self._config.scope:
            raise BundleSignature(f"is signed for another scope than policy.verify.scope: {_AGAIN}")
        signed = {file.name: file for file in payload.files}
        if len(signed) < len(payload.files):
            raise BundleSignature(f"has a signature that lists a file twice: {_AGAIN}")
        return signed

    def _payload(self, token: str) -> _Payload:
        try:
            read = self._checker.decode_complete(token, self._key, [self._config.algorithm])  # type: ignore[arg-type]
            payload = msgspec.json.decode(read["payload"], type=_Payload)
        except (jwt.InvalidTokenError, jwt.InvalidKeyError):
            raise BundleSignature(
                f"has a signature that is not by the key of policy.verify with {self._config.algorithm}: {_AGAIN}"
            ) from None
        except msgspec.DecodeError:
            raise BundleSignature(f"has a signature that lists no files: {_AGAIN}") from None
        named = read["header"].get("kid") or payload.keyid
        if self._config.key_id and named and named != self._config.key_id:
            raise BundleSignature(f"is signed by another key than policy.verify.key_id: {_AGAIN}")
        return payload


def _token(written: bytes) -> str:
    try:
        signatures = msgspec.json.decode(written, type=_Signatures)
    except msgspec.DecodeError:
        raise BundleSignature(f"{SIGNATURES}: is no JSON with signatures: {_AGAIN}") from None
    if signatures.plugin not in ("", "_default"):
        raise BundleSignature(f"{SIGNATURES}: asks for a plug-in: {_AGAIN} without one")
    if len(signatures.signatures) != 1:
        raise BundleSignature(f"{SIGNATURES}: has not exactly one token: {_AGAIN}")
    return signatures.signatures[0]


def _check_file(name: str, content: bytes, signed: _Signed | None) -> None:
    if signed is None:
        raise BundleTampered(f"{name}: is not in the signature: take the file out, or {_AGAIN}")
    if signed.algorithm not in _DIGESTS:
        raise BundleSignature(f"{name}: is signed by another digest than {', '.join(_DIGESTS)}: {_AGAIN}")
    if not hmac.compare_digest(_digest(name, content, signed.algorithm), signed.hash.lower().encode()):
        raise BundleTampered(f"{name}: is not what was signed: fetch the bundle again, or {_AGAIN}")


def _digest(name: str, content: bytes, algorithm: str) -> bytes:
    digest = _DIGESTS[algorithm]()
    if is_document(name):
        for part in canonical(decode(name, content)):
            digest.update(part)
    else:
        digest.update(content)
    return digest.hexdigest().encode()
