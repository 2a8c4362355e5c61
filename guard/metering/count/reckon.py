"""The counts to settle: the backend's where it reports them, a tokenizer's where there is one, an estimate. Pure.

The backend's numbers win, a zero among them as well. It can't see text or tokenizers.
"""

from typing import Final

import msgspec

from guard.core.usage import Usage, UsageSource
from guard.metering.count.evidence import Evidence
from guard.metering.count.split import Split, split
from guard.metering.usage import estimate, is_sound

_STRENGTH: Final = (UsageSource.PROVIDER, UsageSource.COUNTED, UsageSource.ESTIMATED)
"""The surest first."""
_NOTHING: Final = Usage()


class Reckoning(msgspec.Struct, frozen=True):
    """Tokens, where prompt and completion come from, and where the parts of the completion do (None: it has none)."""

    usage: Usage
    source: UsageSource
    split_source: UsageSource | None = None


def reckon(reported: Usage | None, known: Evidence) -> Reckoning:
    """What an exchange came to. A part that nobody reported and that was not seen stays None."""
    told = reported or _NOTHING
    prompt, prompt_source = _prompt(told, known)
    completion, source = _completion(told, known)
    parts = split(completion, told, known)
    if not (is_sound(told.prompt) or is_sound(told.completion)) and known.counted is None:
        source = UsageSource.ESTIMATED
    usage = Usage(
        prompt=prompt,
        cached=told.cached if is_sound(told.cached) else None,
        completion=completion,
        reasoning=parts.reasoning,
        audio=told.audio if is_sound(told.audio) else None,
        image=_image(told, known, prompt),
        tool=parts.tool,
    )
    return Reckoning(usage, weaker(prompt_source, source), _split_source(parts))


def weaker(one: UsageSource, other: UsageSource) -> UsageSource:
    """The less sure of two sources."""
    return max(one, other, key=_STRENGTH.index)


def _prompt(told: Usage, known: Evidence) -> tuple[int, UsageSource]:
    if is_sound(told.prompt):
        return told.prompt, UsageSource.PROVIDER
    if known.counted is not None and known.counted.prompt is not None:
        return known.counted.prompt, UsageSource.COUNTED
    # No text at all is no estimate.
    return known.prompt, UsageSource.ESTIMATED if known.prompt else UsageSource.PROVIDER


def _completion(told: Usage, known: Evidence) -> tuple[int, UsageSource]:
    if known.cut_at is not None:
        return known.cut_at, UsageSource.PROVIDER if known.cut_told else UsageSource.ESTIMATED
    if not is_sound(told.completion):
        return _written(known, known.chars, known.pieces)
    if not (known.untold.chars or known.untold.pieces):
        return told.completion, UsageSource.PROVIDER
    more, source = _written(known, known.untold.chars, known.untold.pieces)
    return told.completion + more, source


def _written(known: Evidence, chars: int, pieces: int) -> tuple[int, UsageSource]:
    """Tokens of the last so many characters and pieces that were written."""
    counted = known.counted
    if counted is not None and counted.chars and counted.chars >= chars:
        return (counted.completion * chars + counted.chars // 2) // counted.chars, UsageSource.COUNTED
    guess = estimate(chars, pieces)
    return guess, UsageSource.ESTIMATED if guess else UsageSource.PROVIDER


def _image(told: Usage, known: Evidence, prompt: int) -> int | None:
    if is_sound(told.image):
        return told.image
    return None if known.picture_tokens is None else min(known.picture_tokens, prompt)


def _split_source(parts: Split) -> UsageSource | None:
    sources = [source for source in (parts.reasoning_source, parts.tool_source) if source is not None]
    return max(sources, key=_STRENGTH.index, default=None)
