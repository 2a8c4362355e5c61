"""Entries as rows: how openings and closings become values that no database refuses, and the bytes that are hashed.
Pure.

Names and models come from strangers, counts from backends: text is cut and made encodable, counts are kept in range, so
that one odd exchange can't hold up every other. Values are texts, whole numbers and NULL alone, so that the same row
has the same bytes whatever database it comes from: durations are microseconds.
"""

import hashlib
from collections.abc import Sequence
from typing import Final

import msgspec

from guard.core.entry import Closing, ExchangeEnergy, Opening, Status
from guard.metering.ledger.note import TEXT_CHARS

_MOST: Final = (1 << 63) - 1

RESERVED: Final = "reserved"
SETTLED: Final = "settled"
ABORTED: Final = "aborted"
ESTIMATED: Final = "estimated"
"""The states of an entry: the first when an exchange begins, one of the others when it is over. `estimated`: its
process died, and it is accounted for by what had been read."""

COLUMNS: Final = (
    *("shard", "seq", "id", "state", "exchange", "attempt", "tenant"),
    *("idempotency", "key", "tier", "dialect", "model", "backend", "stream"),
    *("started_ms", "reserved_tokens", "reserved_nanousd", "status", "reason", "prompt_tokens", "cached_tokens"),
    *(
        "audio_tokens",
        "image_tokens",
        "completion_tokens",
        "reasoning_tokens",
        "tool_tokens",
        "withheld_tokens",
        "guard_tokens",
    ),
    *("usage_source", "first_us", "total_us", "waited_us", "findings", "decision", "generation"),
    *("cost_nanousd", "price_version", "labels", "queued_us", "split_source"),
)
"""All but `hash`, in the order in which the entries of new shards are hashed."""

Value = str | int | bytes | None
Row = tuple[Value, ...]
"""Values in the order of `COLUMNS`."""


_NOTHING_YET: Final = (Status.OPEN.value, "", *(None,) * 13, "[]", "", "", None, "", "{}", None, None)


class Opened(msgspec.Struct, frozen=True):
    """An exchange that is not over: its opening, and the number of the attempt among all with the client's key."""

    opening: Opening
    attempt: int


def reserved_row(shard: str, seq: int, entry: str, opened: Opened) -> Row:
    """The entry of an exchange that begins."""
    return (shard, seq, entry, RESERVED, *_asked(opened, None), *_NOTHING_YET)


def final_row(shard: str, seq: int, entry: str, opened: Opened, closing: Closing, state: str = "") -> Row:
    """The entry of an exchange that is over. One that is over is not open, whatever the closing says."""
    status = Status.FAILED if closing.status is Status.OPEN else closing.status
    usage = closing.usage
    counts = (usage.prompt, usage.cached, usage.audio, usage.image, usage.completion, usage.reasoning, usage.tool)
    return (
        shard,
        seq,
        entry,
        state or (ABORTED if status is Status.ABORTED else SETTLED),
        *_asked(opened, closing),
        status.value,
        _text(closing.reason),
        *map(_count, counts),
        _count(closing.withheld),
        _count(closing.guard_tokens),
        closing.source.value,
        _micros(closing.first_ms),
        None if state == ESTIMATED else _micros(closing.total_ms),
        _micros(closing.waited_ms),
        msgspec.json.encode(closing.findings).decode(),
        _text(closing.decision),
        _text(closing.generation),
        _count(closing.cost_nanousd),
        _text(closing.price_version),
        _text_json(closing),
        _micros(closing.queued_ms),
        closing.split_source.value if closing.split_source is not None else "",
    )


def energy_row(energy: ExchangeEnergy) -> Row:
    """The row of the table `energy`, in the order of its columns."""
    return (
        _text(energy.exchange),
        _text(energy.pool),
        _count(energy.ended_ms),
        _count(energy.energy_mj),
        _count(energy.doubt_mj),
        *map(_text, (energy.void, energy.method, energy.weights)),
    )


def canonical(row: Sequence[Value]) -> bytes:
    """The bytes of a row that are hashed: a JSON array of the values in their order, without spaces."""
    return msgspec.json.encode(row)


def linked(previous: bytes, row: Sequence[Value]) -> bytes:
    """The hash of an entry: SHA-256 of the hash before it and the row's bytes."""
    return hashlib.sha256(previous + canonical(row)).digest()


def idempotency_of(opening: Opening) -> str:
    """The client's key, or the exchange's own id."""
    return _text(opening.idempotency) or _text(opening.exchange)


def tenant_of(opening: Opening) -> str:
    """As it stands in rows."""
    return _text(opening.tenant)


def _asked(opened: Opened, closing: Closing | None) -> tuple[Value, ...]:
    """What was asked for; as far as the closing knows better, what it came to."""
    opening, known = opened.opening, closing or opened.opening
    return (
        _text(opening.exchange),
        opened.attempt,
        _text(opening.tenant),
        idempotency_of(opening),
        _text(opening.key),
        _text(opening.tier),
        _text(opening.dialect),
        _text(known.model or opening.model),
        _text(known.backend or opening.backend),
        int(opening.stream),
        _count(opening.started_ms),
        _count(known.reserved_tokens or opening.reserved_tokens),
        _count(known.reserved_nanousd or opening.reserved_nanousd),
    )


def _text_json(closing: Closing) -> str:
    labels = {_text(name): _text(value) for name, value in closing.labels.items()}
    return msgspec.json.encode(labels).decode()


def _text(value: str) -> str:
    if value.isascii() and len(value) <= TEXT_CHARS and "\0" not in value:
        return value
    # PostgreSQL has no NUL in texts.
    return value[:TEXT_CHARS].encode("utf-8", "replace").decode().replace("\0", "\ufffd")


def _count(value: int | None) -> int | None:
    return None if value is None else min(max(value, 0), _MOST)


def _micros(ms: float | None) -> int | None:
    return None if ms is None else _count(round(ms * 1000))
