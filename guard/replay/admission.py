"""Who may begin in simulated time: tiers' limits over the whole fleet."""

from collections.abc import Mapping

from guard.replay.load import TierLimit


class Tiers:
    """A bucket for each tier that has a limit; it begins full."""

    def __init__(self, limits: Mapping[str, TierLimit]) -> None:
        self._limits = limits
        self._left = {tier: limit.burst for tier, limit in limits.items()}
        self._at = dict.fromkeys(limits, 0.0)

    def take(self, tier: str, now: float) -> bool:
        """Whether an exchange of this tier may begin now; one that may has taken its place."""
        limit = self._limits.get(tier)
        if limit is None:
            return True
        grown = self._left[tier] + (now - self._at[tier]) * limit.per_minute / 60
        self._left[tier], self._at[tier] = min(limit.burst, grown), now
        if self._left[tier] < 1:
            return False
        self._left[tier] -= 1
        return True
