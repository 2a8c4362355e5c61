"""Sums that no row can overflow: in two halves of 32 bits, put together in Python.

A broken backend may report counts whose cost is near 2⁶³. SQLite's `sum` fails where it overflows, so that two such
rows would take every sum that they are in with them.
"""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, Integer, func, literal_column

_WIDTH: Final = 32
_LOW: Final = literal_column(str((1 << _WIDTH) - 1), BigInteger)
_BITS: Final = literal_column(str(_WIDTH), Integer)
"""PostgreSQL shifts by no bigint."""


def halves(value: ColumnElement[Any], of: ColumnElement[bool] | None = None) -> Sequence[ColumnElement[Any]]:
    """The sums of a column's high and low bits, over rows of which `of` holds."""
    parts = func.sum(value.bitwise_rshift(_BITS)), func.sum(value.bitwise_and(_LOW))
    return parts if of is None else [part.filter(of) for part in parts]


def whole(high: int | None, low: int | None) -> int | None:
    """The sum of its halves; None where every value is NULL. PostgreSQL's are Decimals."""
    return None if high is None or low is None else (int(high) << _WIDTH) + int(low)
