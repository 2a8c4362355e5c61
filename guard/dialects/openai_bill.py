"""The `guard` member of a stream's last chunk: what the answer came to, for a client that asked."""

import msgspec

from guard.core.usage_note import UsageNote


class BillTokens(msgspec.Struct):
    """Tokens by class, null where nobody knows; the names are those of the ledger."""

    prompt_tokens: int | None
    cached_tokens: int | None
    audio_tokens: int | None
    image_tokens: int | None
    completion_tokens: int | None
    reasoning_tokens: int | None
    tool_tokens: int | None
    withheld_tokens: int
    source: str
    split_source: str | None


class Bill(msgspec.Struct):
    """The member."""

    exchange: str
    usage: BillTokens
    cost_nanousd: int | None
    price_version: str | None


def bill(note: UsageNote) -> Bill:
    """A note in the words of the wire."""
    usage = note.usage
    tokens = BillTokens(
        prompt_tokens=usage.prompt,
        cached_tokens=usage.cached,
        audio_tokens=usage.audio,
        image_tokens=usage.image,
        completion_tokens=usage.completion,
        reasoning_tokens=usage.reasoning,
        tool_tokens=usage.tool,
        withheld_tokens=note.withheld,
        source=note.source.value,
        split_source=note.split_source.value if note.split_source is not None else None,
    )
    return Bill(note.exchange, tokens, note.cost_nanousd, note.price_version or None)
