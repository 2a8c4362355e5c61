"""What a credential grants: an identity within bounds. It holds no credential, only a key's digest."""

import fnmatch
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Final, TypeAlias

import msgspec

from guard.core.facts import Identity

Network: TypeAlias = IPv4Network | IPv6Network
SCOPES: Final = ("chat", "embeddings", "check", "usage")
"""What a key is good for if nothing else is said. Lists of models and figures need a key, and no scope of it."""
METRICS: Final = "metrics"
ALL_SCOPES: Final = (*SCOPES, METRICS)
"""What a key may be good for: what tells of all tenants has to be asked for."""


class Bounds(msgspec.Struct, frozen=True):
    """How far a credential goes.

    `models` are fnmatch patterns of the names that a request may ask for. `networks` are those that the peer may be in;
    none: any. `until_ms` is Unix milliseconds; None: no end.
    """

    scopes: tuple[str, ...] = SCOPES
    models: tuple[str, ...] = ("*",)
    networks: tuple[Network, ...] = ()
    until_ms: int | None = None
    revoked: bool = False


class Grant(msgspec.Struct, frozen=True):
    """Whose a credential is, and how far it goes."""

    identity: Identity
    bounds: Bounds = Bounds()

    def allows(self, model: str) -> bool:
        """Whether it may ask for a model."""
        return may_use(self.bounds.models, model)


class Key(msgspec.Struct, frozen=True):
    """A key that is known here, by its SHA-256 in lower-case hex."""

    sha256: str
    identity: Identity
    bounds: Bounds = Bounds()


def may_use(models: tuple[str, ...], model: str) -> bool:
    """Whether a model's name fits one of the patterns; case counts."""
    return any(fnmatch.fnmatchcase(model, pattern) for pattern in models)


def is_within(networks: tuple[Network, ...], address: str) -> bool:
    """Whether an IP address is in one of the networks. No address is in none; an IPv4 one may be mapped into IPv6."""
    if not networks:
        return True
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    found = getattr(found, "ipv4_mapped", None) or found
    return any(found in network for network in networks)
