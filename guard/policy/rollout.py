"""A candidate beside the live policies: some tenants are served by it, for all others it is asked in the shadow.

A tenant is wholly in or out, on every replica alike, and one that is in stays in as the percentage grows. An exchange
ends under the engine that it began with, as ever.
"""

import hashlib
from typing import Final

from guard.core.facts import Identity
from guard.policy.live import LivePolicies
from guard.policy.shadow import Shadow, ShadowedEngine
from guard.ports import Policies, PolicyEngine

_KEY: Final = b"guard rollout"


def percent_of(name: str) -> float:
    """Where a name stands between 0 and 100, evenly spread and always the same."""
    digest = hashlib.blake2b(name.encode("utf-8", "replace"), key=_KEY, digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64 * 100


class Rollout:
    """`ports.Policies` over two others."""

    def __init__(self, live: Policies, candidate: Policies, tenants_percent: float, shadow: Shadow) -> None:
        self._live = live
        self._candidate = candidate
        self._percent = tenants_percent
        self._shadow = shadow

    def engine(self, identity: Identity, exchange: str = "") -> PolicyEngine:
        """The candidate's engine for a tenant that is in, the live one with its shadow for any other."""
        candidate = self._candidate.engine(identity, exchange)
        if self.takes(identity.tenant):
            return candidate
        return ShadowedEngine(self._live.engine(identity, exchange), candidate, exchange, self._shadow)

    def takes(self, tenant: str) -> bool:
        """Whether the candidate serves a tenant. Administrators have none, and stay with the live policies."""
        return bool(tenant) and percent_of(tenant) < self._percent


class Candidate:
    """Policies that are tried: they follow their source as the live ones do, and have a thread to be asked in."""

    def __init__(self, policies: LivePolicies, tenants_percent: float, shadow: Shadow) -> None:
        self._policies = policies
        self._percent = tenants_percent
        self.shadow = shadow

    def beside(self, live: Policies) -> Rollout:
        """Both together."""
        return Rollout(live, self._policies, self._percent, self.shadow)

    def start(self) -> None:
        """Begins to follow the source. Called on the event loop."""
        self._policies.start()

    async def stop(self) -> None:
        """Ends it."""
        self.shadow.stop()
        await self._policies.stop()
