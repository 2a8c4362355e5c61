"""The `usage` member of OpenAI's answers, as counts."""

from typing import Annotated

import msgspec

from guard.core.usage import Usage

_Count = Annotated[int, msgspec.Meta(ge=0, le=10**12)]
"""A backend that counts less than nothing, or more than any answer has, is not believed."""


class _PromptDetails(msgspec.Struct):
    cached_tokens: _Count | None = None
    audio_tokens: _Count | None = None
    image_tokens: _Count | None = None


class _CompletionDetails(msgspec.Struct):
    reasoning_tokens: _Count | None = None


class _Usage(msgspec.Struct):
    prompt_tokens: _Count | None = None
    completion_tokens: _Count | None = None
    total_tokens: _Count | None = None
    prompt_tokens_details: _PromptDetails | None = None
    completion_tokens_details: _CompletionDetails | None = None
    reasoning_tokens: _Count | None = None
    """SGLang's, beside the others; 0 where it does not count them."""
    prompt_cache_hit_tokens: _Count | None = None
    """DeepSeek's."""
    cached_tokens: _Count | None = None
    """Moonshot's."""


def usage_of(literal: bytes) -> Usage | None:
    """What the object says; None if it is not one of counts."""
    try:
        told = msgspec.json.decode(literal, type=_Usage)
    except msgspec.DecodeError:
        return None
    prompt = told.prompt_tokens_details or _PromptDetails()
    reasoning = _reasoning(told)
    return Usage(
        prompt=told.prompt_tokens,
        cached=_first(prompt.cached_tokens, told.prompt_cache_hit_tokens, told.cached_tokens),
        completion=_completion(told, reasoning),
        reasoning=reasoning,
        audio=prompt.audio_tokens,
        image=prompt.image_tokens,
    )


def _reasoning(told: _Usage) -> int | None:
    details = told.completion_tokens_details
    return _first(details.reasoning_tokens if details else None, told.reasoning_tokens or None)


def _completion(told: _Usage, reasoning: int | None) -> int | None:
    """With the reasoning in it: xAI reports it beside the completion, and only the total says so.

    https://docs.x.ai/docs/key-information/consumption-and-rate-limits
    """
    if told.completion_tokens is None or told.prompt_tokens is None or not reasoning:
        return told.completion_tokens
    beside = told.completion_tokens + reasoning
    return beside if told.total_tokens == told.prompt_tokens + beside else told.completion_tokens


def _first(*counts: int | None) -> int | None:
    return next((count for count in counts if count is not None), None)
