"""The report of a replay: what `--format json` prints. It holds names and counts, no text and no facts of requests."""

from collections.abc import Mapping

import msgspec


class Change(msgspec.Struct, frozen=True):
    """One kind of effect of one rule on one tenant's exchanges. `gained`: exchanges that have it under the new policy
    alone; `lost`: under the live one alone. `doubtful` of them rest on what was not recorded. `samples` are ids.
    """

    tenant: str
    kind: str
    rule: str
    gained: int
    lost: int
    doubtful: int
    samples: tuple[str, ...]


class Transition(msgspec.Struct, frozen=True):
    """How many exchanges of a tenant had one verdict and would have another, or the same."""

    tenant: str
    live: str
    new: str
    exchanges: int


class TenantBill(msgspec.Struct, frozen=True):
    """What backends would count for a tenant, and what it costs where the model has a price."""

    tenant: str
    live_prompt_tokens: int
    new_prompt_tokens: int
    live_answer_tokens: int
    new_answer_tokens: int
    live_cost_nanousd: int
    new_cost_nanousd: int
    live_unpriced_tokens: int
    new_unpriced_tokens: int


class Bucket(msgspec.Struct, frozen=True):
    """Exchanges of one stretch of time, and those whose verdict is stricter or looser under the new policy."""

    at_ms: int
    exchanges: int
    stricter: int
    looser: int


class Report(msgspec.Struct, frozen=True):
    """All of it. `live` and `new` are generations, `live` is empty where the recorded decisions are compared with;
    `generations` are those of the record, by exchanges.

    `changed` exchanges differ in anything. `doubtful` ones can't be replayed for sure, `doubts` says why (an exchange
    may have several). `unreplayed` ended before a policy was asked. `unlike_the_record` counts exchanges for which the
    live policy, asked again, says other than its own record.
    """

    live: str
    new: str
    since_ms: int
    until_ms: int
    generations: Mapping[str, int]
    exchanges: int
    changed: int
    doubtful: int
    unreplayed: int
    unlike_the_record: int
    transitions: tuple[Transition, ...]
    changes: tuple[Change, ...]
    bills: tuple[TenantBill, ...]
    doubts: Mapping[str, int]
    bucket_ms: int
    buckets: tuple[Bucket, ...]
