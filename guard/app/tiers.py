"""Builds what limits callers: tiers, counters, and the way into each backend."""

from msgspec.structs import asdict

from guard.config import Settings
from guard.core.tier import Tier
from guard.metering.counter.memory import MemoryCounters
from guard.metering.counter.redis import RedisCounters, RedisPlace
from guard.metering.counter.share import SharedCounters
from guard.metering.tier.book import TierBook
from guard.runtime.turnstile import QueueLimits, Turnstile


def build_tiers(settings: Settings) -> TierBook:
    """The tiers of the configuration."""
    return TierBook([Tier(name, **asdict(chosen)) for name, chosen in settings.tiers.items()])


def build_counters(settings: Settings) -> MemoryCounters | SharedCounters:
    """What counts limits; a store is not connected yet."""
    chosen = settings.counters
    if chosen.url is None:
        return MemoryCounters()
    place = RedisPlace(chosen.url.reveal(), chosen.timeout_ms / 1000, chosen.prefix, chosen.ca_file)
    return SharedCounters(RedisCounters(place), settings.replicas if chosen.fail == "share" else None)


def build_turnstile(settings: Settings) -> Turnstile:
    """The way into each backend. Of a backend's places each process has its part, rounded down."""
    places = {
        backend.name: backend.concurrency // settings.replicas
        for backend in settings.backends
        if backend.concurrency is not None
    }
    chosen = settings.queue
    return Turnstile(places, QueueLimits(chosen.waiting, chosen.wait_s, chosen.ahead_tokens))


def prioritised(settings: Settings) -> frozenset[str]:
    """The backends that are told requests' priority."""
    return frozenset(backend.name for backend in settings.backends if backend.priority)
