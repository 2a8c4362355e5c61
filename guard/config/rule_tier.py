"""What the sections `tiers` and `counters`, and the places of backends, must keep beyond their types."""

from collections.abc import Iterator
from pathlib import Path

from guard.config.form import NAME, NAME_CURE, Complaint
from guard.config.settings import Settings
from guard.config.tier import TierSettings
from guard.upstream.parameter import PRIORITY_KINDS, THINKING_KINDS


def tiers_rule(settings: Settings) -> Iterator[Complaint]:
    """A key's tier is a configured one, and a limit is one that some backend can be told."""
    tiers = settings.tiers
    if not tiers:
        return
    known = ", ".join(sorted(tiers))
    for index, key in enumerate(settings.keys):
        if key.tier not in tiers:
            yield f"keys[{index}].tier", f"is not a tier that is configured: add it to tiers, or use one of {known}"
    if not settings.keys and "default" not in tiers:
        yield "tiers", "has no tier named default, which everybody has where no key is asked for; add it"
    if all(backend.kind in THINKING_KINDS for backend in settings.backends):
        return
    for name, tier in tiers.items():
        if tier.thinking_tokens is not None and not _is_told(settings, tier.models):
            yield (
                f"tiers.{name}.thinking_tokens",
                f"can be told only to backends of kind {', '.join(sorted(THINKING_KINDS))}; "
                "correct the backends' kind, name in models what such a backend serves, or leave it out",
            )


def counters_rule(settings: Settings) -> Iterator[Complaint]:
    """Several processes count together or not at all: each by itself would grant the limit as often as there are."""
    counters = settings.counters
    if counters.url is not None and not counters.url.reveal().startswith(("redis://", "rediss://", "unix://")):
        yield "counters.url", "must begin with redis://, rediss:// or unix://, like redis://127.0.0.1:6379/0"
    if counters.ca_file is not None and not Path(counters.ca_file).is_file():
        yield "counters.ca_file", "is not a file; name a PEM file of certificates"
    if not NAME.fullmatch(counters.prefix):
        yield "counters.prefix", NAME_CURE
    if settings.replicas > 1 and counters.url is None and any(map(_is_counted, settings.tiers.values())):
        yield (
            "replicas",
            "is more than 1, and tiers' limits would be counted in each process by itself: "
            "name a Redis or Valkey that all share in counters.url, or set it to 1",
        )


def places_rule(settings: Settings) -> Iterator[Complaint]:
    """Each process has its part of a backend's places, and a priority is told to those that know what it is."""
    for index, backend in enumerate(settings.backends):
        if backend.concurrency is not None and backend.concurrency < settings.replicas:
            yield (
                f"backends[{index}].concurrency",
                f"is less than replicas ({settings.replicas}), each of which needs one place; raise it or leave it out",
            )
        if backend.priority and backend.kind not in PRIORITY_KINDS:
            yield (
                f"backends[{index}].priority",
                f"is known only to kinds {', '.join(sorted(PRIORITY_KINDS))}; correct kind, or set it to false",
            )


def _is_counted(tier: TierSettings) -> bool:
    return any(
        limit is not None
        for limit in (
            tier.requests_per_min,
            tier.requests_per_day,
            tier.tokens_per_min,
            tier.tokens_per_day,
            tier.concurrency,
        )
    )


def _is_told(settings: Settings, models: tuple[str, ...]) -> bool:
    """Whether no backend of another kind serves one of these patterns by the same word."""
    others = [backend for backend in settings.backends if backend.kind not in THINKING_KINDS]
    return not any("*" in backend.models or "*" in models or set(models) & set(backend.models) for backend in others)
