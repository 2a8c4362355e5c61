"""From notes to entries: who is open, which attempt it is, what is told twice, and each entry's link in the chain. Pure
but for the entries' ids.

A batch is drafted on a copy, so that one that could not be written leaves no trace.
"""

from collections.abc import Sequence, Set
from typing import Final

import msgspec
from ulid import ULID

from guard.core.entry import Closing, ExchangeEnergy, Opening
from guard.metering.ledger.form import Form
from guard.metering.ledger.note import Note
from guard.metering.ledger.row import (
    ESTIMATED,
    Opened,
    Row,
    final_row,
    idempotency_of,
    linked,
    reserved_row,
    tenant_of,
)

Running = dict[tuple[str, int], Opened]
"""By exchange, and attempt as it was told."""


class Known(msgspec.Struct, frozen=True):
    """What the database holds of a batch's exchanges already: the last attempts under clients' keys, and what is
    over."""

    attempts: dict[tuple[str, str], int]
    finished: Set[tuple[str, int]]


class Draft:
    """Entries to be written behind those of a shard."""

    def __init__(self, shard: str, form: Form, seq: int, head: bytes, running: Running) -> None:
        self._shard: Final = shard
        self._form: Final = form
        self.seq = seq
        self.head = head
        self.running = dict(running)
        self.rows: list[Row] = []
        self.energies: list[ExchangeEnergy] = []
        """What exchanges took, beside the entries."""
        self._over: set[tuple[str, int]] = set()

    def enter(self, notes: Sequence[Note], known: Known) -> None:
        """Entries for notes, in their order. What was told before is left out."""
        attempts = dict(known.attempts)
        for note in notes:
            if isinstance(note, Opening):
                self._open(note, attempts)
            elif isinstance(note, Closing):
                self._close(note, known.finished)
            else:
                self.energies.append(note)

    def estimate(self, opened: Opened, closing: Closing) -> None:
        """The final entry of an exchange that nobody closed."""
        self.running = {name: other for name, other in self.running.items() if other is not opened}
        self._add(final_row(self._shard, self.seq + 1, str(ULID()), opened, closing, ESTIMATED))

    def _open(self, opening: Opening, attempts: dict[tuple[str, str], int]) -> None:
        name = opening.exchange, opening.attempt
        key = tenant_of(opening), idempotency_of(opening)
        last = attempts.get(key, 0)
        if name in self.running or name in self._over or (not opening.idempotency and last >= opening.attempt):
            return
        attempts[key] = attempt = max(opening.attempt, last + 1 if opening.idempotency else 1)
        self.running[name] = opened = Opened(opening, attempt)
        self._add(reserved_row(self._shard, self.seq + 1, str(ULID()), opened))

    def _close(self, closing: Closing, finished: Set[tuple[str, int]]) -> None:
        name = closing.exchange, closing.attempt
        opened = self.running.pop(name, None) or self._renumbered(closing)
        if opened is None:
            # Told twice, or its opening was lost: then its tokens were spent all the same.
            if name in self._over or any(one == name[0] and at >= name[1] for one, at in finished):
                return
            opened = Opened(_unknown(closing), closing.attempt)
        self._over.add(name)
        self._add(final_row(self._shard, self.seq + 1, str(ULID()), opened, closing))

    def _renumbered(self, closing: Closing) -> Opened | None:
        """After a crash openings are known by the attempt that they got, and closings still by the one that was
        told."""
        for name, opened in self.running.items():
            if name[0] == closing.exchange and name[1] > closing.attempt and opened.opening.attempt == opened.attempt:
                return self.running.pop(name)
        return None

    def _add(self, row: Row) -> None:
        row = self._form.cut(row)
        self.head = linked(self.head, self._form.hashed(row))
        self.seq += 1
        self.rows.append((*row, self.head))


def _unknown(closing: Closing) -> Opening:
    return Opening(
        exchange=closing.exchange,
        tenant="",
        key="",
        tier="",
        dialect="",
        model="",
        backend="",
        stream=False,
        started_ms=0,
        attempt=closing.attempt,
    )
