"""The `usage` member of OpenAI's answers, as counts."""

from typing import Annotated

import msgspec

from guard.core.usage import Usage

_Count = Annotated[int, msgspec.Meta(ge=0, le=10**12)]
"""A backend that counts less than nothing, or more than any answer has, is not believed."""


class _PromptDetails(msgspec.Struct):
    cached_tokens: _Count | None = None


class _CompletionDetails(msgspec.Struct):
    reasoning_tokens: _Count | None = None


class _Usage(msgspec.Struct):
    prompt_tokens: _Count | None = None
    completion_tokens: _Count | None = None
    prompt_tokens_details: _PromptDetails | None = None
    completion_tokens_details: _CompletionDetails | None = None


def usage_of(literal: bytes) -> Usage | None:
    """What the object says; None if it is not one of counts."""
    try:
        told = msgspec.json.decode(literal, type=_Usage)
    except msgspec.DecodeError:
        return None
    prompt, completion = told.prompt_tokens_details, told.completion_tokens_details
    return Usage(
        prompt=told.prompt_tokens,
        cached=prompt.cached_tokens if prompt else None,
        completion=told.completion_tokens,
        reasoning=completion.reasoning_tokens if completion else None,
    )
