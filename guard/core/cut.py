"""Why an answer ends before its end although nothing in it is wrong."""

import msgspec


class CutNote(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a client is told: `reason` is `budget` or `max_tokens`, `budget` the budget's name."""

    exchange: str
    reason: str
    budget: str = ""
