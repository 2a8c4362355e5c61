"""A ledger entry: one exchange, accounted for once."""

import enum
from collections.abc import Mapping

import msgspec

from guard.core.usage import Usage, UsageSource


class Status(enum.Enum):
    """How an exchange ended. `open` is one that has not, or whose process died before it could say."""

    OPEN = "open"
    COMPLETED = "completed"
    BLOCKED = "blocked"
    ABORTED = "aborted"
    FAILED = "failed"


class Opening(msgspec.Struct, frozen=True):
    """What is known when an exchange begins. `exchange` is our own ULID; times are Unix milliseconds.

    `idempotency` is the client's key, empty if it sent none; `attempt` counts those of one exchange, from 1. What is
    reserved for it in a budget by then are tokens and whole nano-dollars.
    """

    exchange: str
    tenant: str
    key: str
    tier: str
    dialect: str
    model: str
    backend: str
    stream: bool
    started_ms: int
    attempt: int = 1
    idempotency: str = ""
    reserved_tokens: int = 0
    reserved_nanousd: int = 0


class Closing(msgspec.Struct, frozen=True):
    """What is known when it is over.

    `withheld` counts answer tokens that were generated and not delivered; it is always our estimate and a part of
    `usage.completion`. `reason` is an error's code or a halt's reason, empty on completion. Durations are milliseconds
    since the start; `first_ms` is the first byte of the answer handed to the client, None if there was none. `model`
    and `backend` are those that served it, where they are not what was asked for. `cost_nanousd` is whole nano-dollars
    by the price book of that version, None where it has no price; `labels` are the policy's. `guard_tokens` are those
    that Guard's own classifiers read, `waited_ms` is the wait for people, `queued_ms` that for a place at the backend.
    `split_source` says where `usage.reasoning` and `usage.tool` come from, None if there are neither. What budgets set
    aside for it is `reserved_tokens` and `reserved_nanousd`: the most of any budget in that unit.
    """

    exchange: str
    status: Status
    reason: str
    usage: Usage
    source: UsageSource
    withheld: int
    first_ms: float | None
    total_ms: float
    findings: tuple[str, ...] = ()
    decision: str = "allow"
    generation: str = ""
    model: str = ""
    backend: str = ""
    cost_nanousd: int | None = None
    price_version: str = ""
    labels: Mapping[str, str] = {}
    attempt: int = 1
    guard_tokens: int = 0
    waited_ms: float = 0
    queued_ms: float = 0
    split_source: UsageSource | None = None
    reserved_tokens: int = 0
    reserved_nanousd: int = 0


class ExchangeEnergy(msgspec.Struct, frozen=True):
    """What an exchange took of a pool of GPUs, known some time after it is over.

    `energy_mj` is millijoules and `doubt_mj` how far they are uncertain; None, with the reason in `void`, where there
    is no number. `ended_ms` is the end of the last interval that it worked in (Unix milliseconds). `method` says how it
    was had, `weights` names the version of weights that it was split by.
    """

    exchange: str
    pool: str
    ended_ms: int
    energy_mj: int | None
    doubt_mj: int
    void: str
    method: str
    weights: str
