"""The key that bundles are verified with: a public key or certificate in PEM, or a shared secret."""

from typing import Final, Literal, TypeAlias

import jwt
import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from guard.errors import ConfigError

Algorithm: TypeAlias = Literal[
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "HS256", "HS384", "HS512"
]

_CERTIFICATE: Final = b"-----BEGIN CERTIFICATE-----"
_PRIVATE: Final = b"PRIVATE KEY-----"


class VerificationKey(msgspec.Struct, frozen=True, kw_only=True):
    """What a bundle is verified with. `material` is PEM, or the secret of the HS algorithms.

    `key_id` is refused to differ from the one that a token names; `scope` is what the token must say, or nothing.
    """

    material: bytes
    algorithm: Algorithm = "RS256"
    key_id: str = ""
    scope: str = ""

    def __repr__(self) -> str:
        return f"VerificationKey(algorithm={self.algorithm!r}, key_id={self.key_id!r}, scope={self.scope!r})"

    def verifying(self) -> tuple[jwt.PyJWS, object]:
        """What checks tokens, and the key in its form. Raises ConfigError for a key that does not fit, or is weak."""
        if _PRIVATE in self.material:
            raise ConfigError("policy.verify: the key is a private one: name the public key, and keep that one away")
        checker = jwt.PyJWS(algorithms=[self.algorithm], options={"enforce_minimum_key_length": True})
        algorithm = checker.get_algorithm_by_name(self.algorithm)
        try:
            key = algorithm.prepare_key(_public(self.material))
            weakness = algorithm.check_key_length(key)
        except (jwt.InvalidKeyError, ValueError, TypeError):
            raise ConfigError(
                f"policy.verify: the key is not one for {self.algorithm}: name a public key in PEM, or for HS… a secret"
            ) from None
        if weakness:
            raise ConfigError(f"policy.verify: the key is too short for {self.algorithm}: make a longer one")
        return checker, key


def _public(material: bytes) -> bytes:
    if not material.lstrip().startswith(_CERTIFICATE):
        return material
    certificate = x509.load_pem_x509_certificate(material)
    return certificate.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
