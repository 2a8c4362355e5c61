"""Entries whose hash does not follow from their place, and which of them only stand in another's. Pure."""

from collections.abc import Sequence
from typing import Final

import msgspec

from guard.metering.ledger.row import COLUMNS, Row, linked

_SEQ: Final = COLUMNS.index("seq")
_COMPARED: Final = 16
"""Every suspect is tried in every other's place, so only so many are."""


class Suspect(msgspec.Struct, frozen=True):
    """One entry: where it stands, what it says, and the hash that stands before it."""

    seq: int
    row: Row
    hash: bytes
    before: bytes


def moved(suspects: Sequence[Suspect]) -> dict[int, int]:
    """Where suspects belong, by where they stand: those whose hash is right in another suspect's place."""
    some = suspects[:_COMPARED]
    links = {one.before for one in some} | {one.hash for one in some}
    places = [one.seq for one in some]
    found: dict[int, int] = {}
    for one in some:
        for place in places:
            row = (*one.row[:_SEQ], place, *one.row[_SEQ + 1 :])
            if place != one.seq and any(linked(link, row) == one.hash for link in links):
                found[one.seq] = place
    return found


def accused(suspects: Sequence[Suspect]) -> list[Suspect]:
    """Suspects without those that are as they were, and only stand behind one that was moved."""
    links = {one.hash for one in suspects[:_COMPARED]}
    return [one for one in suspects if not any(linked(link, one.row) == one.hash for link in links)]
