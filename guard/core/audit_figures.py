"""What an operator should know of the places that decisions are written to."""

import msgspec


class WriterFigures(msgspec.Struct, frozen=True):
    """One place. `written` and `lost` since the start, `waiting` now; `error`: the last attempt's, empty if it went."""

    name: str
    written: int
    waiting: int
    lost: int
    error: str
