"""Tokens of one issuer (RFC 7519, OpenID Connect): checked by PyJWT, and turned into an identity.

The algorithm comes from the configuration, never from the token: a token that names another is refused before its
signature is looked at, `none` and shared secrets can't be configured, and a public key is never taken for a secret. An
end (`exp`), an audience (`aud`) and an issuer (`iss`) are required. Messages say what is wrong, and repeat nothing of
the token.
"""

import hashlib
from collections.abc import Mapping
from typing import Any, Final

import jwt
import msgspec

from guard.core.facts import Identity
from guard.core.grant import Bounds, Grant
from guard.errors import InvalidToken, TokenExpired
from guard.metering.key.form import is_name
from guard.metering.key.jwks import PublicKeys

MOST_CLAIM_CHARS: Final = 1024
_FOREIGN: Final = (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError)


class TokenRules(msgspec.Struct, frozen=True, kw_only=True):
    """What a token must say, and what becomes of it.

    `tenant_claim` is the claim that names the tenant, and so on; `tier` is everybody's where no claim names one.
    `claims` are handed to the policy, as text.
    """

    issuer: str
    audience: str
    algorithms: tuple[str, ...] = ("RS256",)
    tenant_claim: str = "tenant"
    tier_claim: str | None = None
    key_claim: str = "sub"
    tier: str = "default"
    claims: tuple[str, ...] = ()
    leeway_s: float = 30.0
    bounds: Bounds = Bounds()


class TokenHead(msgspec.Struct, frozen=True):
    """A token's header, as far as it is read. `crit` would ask for what is not known here."""

    alg: str
    kid: str = ""
    crit: msgspec.Raw = msgspec.Raw(b"")


class Issuer:
    """One issuer that is trusted."""

    def __init__(self, rules: TokenRules, keys: PublicKeys) -> None:
        self.rules: Final = rules
        self.keys: Final = keys

    async def grant(self, token: str, head: TokenHead) -> Grant:
        """What a token grants. Raises InvalidToken, TokenExpired, KeysUnavailable."""
        if head.alg not in self.rules.algorithms:
            raise InvalidToken("The token's algorithm is not one that is taken here: see identity.jwt.")
        if bytes(head.crit):
            raise InvalidToken("The token asks for extensions that are not known here: get one without `crit`.")
        key = await self.keys.find(head.kid, head.alg)
        if key is None:
            raise InvalidToken("The token is signed by a key that its issuer does not list: get a new token.")
        return Grant(self._identity(self._claims(token, key, head.alg)), self.rules.bounds)

    def _claims(self, token: str, key: Any, algorithm: str) -> Mapping[str, Any]:
        rules = self.rules
        try:
            return jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                audience=rules.audience,
                issuer=rules.issuer,
                leeway=rules.leeway_s,
                options={"require": ["exp", "aud", "iss"], "enforce_minimum_key_length": True},
            )
        except jwt.ExpiredSignatureError:
            raise TokenExpired("The token's time is over: get a new one.") from None
        except jwt.InvalidAudienceError:
            raise InvalidToken("The token is for another audience: get one for this service.") from None
        except jwt.ImmatureSignatureError:
            raise InvalidToken("The token is not valid yet: check the clocks, or wait.") from None
        except jwt.MissingRequiredClaimError:
            raise InvalidToken("The token lacks exp, aud or iss: get one that has them.") from None
        except _FOREIGN:
            raise InvalidToken("The token is not one by its issuer: get a new one.") from None

    def _identity(self, claims: Mapping[str, Any]) -> Identity:
        rules = self.rules
        tier = rules.tier if rules.tier_claim is None else self._name(claims, rules.tier_claim, rules.tier)
        told = {name: _text(claims[name]) for name in rules.claims if name in claims}
        return Identity(self._name(claims, rules.tenant_claim), _bearer(claims.get(rules.key_claim)), tier, told)

    def _name(self, claims: Mapping[str, Any], claim: str, otherwise: str = "") -> str:
        value = claims.get(claim, otherwise)
        if not isinstance(value, str) or not is_name(value):
            raise InvalidToken(f"The token's claim {claim} is missing or no name: have its issuer set it.")
        return value


def _bearer(value: object) -> str:
    """Who bears it, as the ledger and logs may name them: what has not the form of a name, an e-mail address for
    example, stands there as a digest."""
    if not isinstance(value, str) or not value:
        raise InvalidToken("The token does not say whose it is: have its issuer set the claim of key_claim.")
    if is_name(value):
        return value
    return f"sub-{hashlib.sha256(value.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


def _text(value: object) -> str:
    """A claim as a policy sees it: text as it is, all else as JSON. Left out it could open what it should close."""
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    if len(text) > MOST_CLAIM_CHARS:
        raise InvalidToken("One of the token's claims is too long: have its issuer shorten it.")
    return text
