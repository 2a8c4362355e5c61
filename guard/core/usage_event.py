"""What a billing system is told of one exchange that is over: its final entry in the ledger, by the ledger's names."""

import msgspec


class UsageData(msgspec.Struct, frozen=True, kw_only=True):
    """The members of an event. Counts are None where nobody knows; `cost_nanousd` is None where there is no price."""

    exchange: str
    attempt: int
    state: str
    status: str
    reason: str
    tenant: str
    key: str
    tier: str
    dialect: str
    model: str
    backend: str
    stream: bool
    started_ms: int
    total_ms: float | None
    prompt_tokens: int | None
    cached_tokens: int | None
    audio_tokens: int | None
    image_tokens: int | None
    completion_tokens: int | None
    reasoning_tokens: int | None
    tool_tokens: int | None
    withheld_tokens: int | None
    guard_tokens: int | None
    usage_source: str | None
    split_source: str | None
    cost_nanousd: int | None
    price_version: str
    labels: msgspec.Raw
    """A JSON object."""


class UsageEvent(msgspec.Struct, frozen=True):
    """One event: the entry's id, when the exchange was over (Unix milliseconds, its beginning if that is not known)."""

    id: str
    at_ms: int
    data: UsageData


class UsageBatch(msgspec.Struct, frozen=True):
    """Events of one shard in their order. Once they are delivered, so are its entries up to `upto`; perhaps no events.

    `waiting`: how many entries all shards together have behind what was delivered.
    """

    shard: str
    upto: int
    events: tuple[UsageEvent, ...]
    waiting: int = 0
