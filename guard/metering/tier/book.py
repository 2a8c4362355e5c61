"""The tiers of the configuration, by name. Without any, everybody has one that limits nothing."""

from collections.abc import Mapping, Sequence
from typing import Final

from guard.core.facts import Identity
from guard.core.tier import Tier
from guard.errors import Forbidden

_UNLIMITED: Final = Tier("")
"""Its name says that there are no tiers."""


class TierBook:
    """Implements `ports.Tiers`."""

    def __init__(self, tiers: Sequence[Tier] = ()) -> None:
        self._tiers: Mapping[str, Tier] = {tier.name: tier for tier in tiers}

    def of(self, identity: Identity) -> Tier:
        """The caller's tier. Raises Forbidden for one that is not configured: it would have no limits."""
        if not self._tiers:
            return _UNLIMITED
        tier = self._tiers.get(identity.tier)
        if tier is None:
            raise Forbidden("This key's tier is not one of the configured ones; ask the operator to add it to tiers.")
        return tier
