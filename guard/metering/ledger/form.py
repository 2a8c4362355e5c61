"""The forms of a shard: which columns its entries are hashed over, and in which order. Pure.

A shard keeps the form that it was begun with, so that chains of earlier releases stay valid when columns come or go. A
form that was released is never changed. It can't see values of columns that have gone; their releases never wrote any.
"""

from typing import Final

from guard.metering.ledger.row import COLUMNS, Row, Value

CURRENT: Final = 4
_ADDED: Final = ("queued_us", "split_source")
_THIRD: Final = tuple(name for name in COLUMNS if name not in _ADDED)
_GONE: Final[dict[str, Value]] = {"energy_mj": None, "energy_method": ""}
"""Columns that are no more, and what stood in them."""


class Form:
    """One list of columns. A row is whole: its values are in the order of `COLUMNS`."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self._all = names == COLUMNS
        self._places = tuple(COLUMNS.index(name) if name in COLUMNS else -1 for name in names)
        self._constants = tuple(_GONE.get(name) for name in names)
        self._lacks = tuple(place for place, name in enumerate(COLUMNS) if name not in names)

    def hashed(self, row: Row) -> Row:
        """The values that a row's hash covers."""
        if self._all:
            return row
        pairs = zip(self._places, self._constants, strict=True)
        return tuple(constant if place < 0 else row[place] for place, constant in pairs)

    def cut(self, row: Row) -> Row:
        """The row without what its hash would not cover."""
        if self._all:
            return row
        return tuple(None if place in self._lacks else value for place, value in enumerate(row))

    def told(self, row: Row) -> Row:
        """The values that the hash of a row that was found has to cover: more than the form's, if it has more."""
        more = [row[place] for place in self._lacks]
        return self.hashed(row) if more.count(None) == len(more) else (*self.hashed(row), *more)


_FORMS: Final = {3: Form((*_THIRD, *_GONE)), CURRENT: Form(COLUMNS)}


def form_of(number: int) -> Form | None:
    """The form of this number; None where no release had one."""
    return _FORMS.get(number)
