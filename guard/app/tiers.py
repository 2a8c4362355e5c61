"""Builds what limits callers: the tiers."""

from msgspec.structs import asdict

from guard.config import Settings
from guard.core.tier import Tier
from guard.metering.tier.book import TierBook


def build_tiers(settings: Settings) -> TierBook:
    """The tiers of the configuration."""
    return TierBook([Tier(name, **asdict(chosen)) for name, chosen in settings.tiers.items()])
