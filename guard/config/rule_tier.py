"""What the section `tiers` must keep beyond its types."""

from collections.abc import Iterator

from guard.config.form import Complaint
from guard.config.settings import Settings
from guard.upstream.parameter import THINKING_KINDS


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


def _is_told(settings: Settings, models: tuple[str, ...]) -> bool:
    """Whether no backend of another kind serves one of these patterns by the same word."""
    others = [backend for backend in settings.backends if backend.kind not in THINKING_KINDS]
    return not any("*" in backend.models or "*" in models or set(models) & set(backend.models) for backend in others)
