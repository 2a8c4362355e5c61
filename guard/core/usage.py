"""Token counts of one exchange, and where they come from."""

import enum

import msgspec


class UsageSource(enum.Enum):
    """`provider`: the backend said so. `counted`: a tokenizer did. `estimated`: deltas and characters did."""

    PROVIDER = "provider"
    COUNTED = "counted"
    ESTIMATED = "estimated"


class Usage(msgspec.Struct, frozen=True):
    """Tokens. `cached`, `audio` and `image` are parts of `prompt`, `reasoning` and `tool` (the names and arguments of
    calls) parts of `completion` (OpenAI's convention).

    Zero is a count; an absent count is None and is never taken for zero.
    """

    prompt: int | None = None
    cached: int | None = None
    completion: int | None = None
    reasoning: int | None = None
    audio: int | None = None
    image: int | None = None
    tool: int | None = None
