"""What a client is told of what its answer came to, at the end of a stream."""

import msgspec

from guard.core.usage import Usage, UsageSource


class UsageNote(msgspec.Struct, frozen=True):
    """As the ledger will have it. `withheld` is a part of `usage.completion`; `cost_nanousd` is None without a price.

    `split_source` says where `usage.reasoning` and `usage.tool` come from, None if there are neither.
    """

    exchange: str
    usage: Usage
    source: UsageSource
    split_source: UsageSource | None
    withheld: int
    cost_nanousd: int | None
    price_version: str
