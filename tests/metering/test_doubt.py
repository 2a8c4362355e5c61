"""After an error at a commit nobody knows whether it went through; the database is asked, and says so."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from exchanges import closing, opening
from sqlalchemy import Connection

from guard.core.entry import ExchangeEnergy
from guard.errors import LedgerError
from guard.metering.ledger.folder import MemoryFolder
from guard.metering.ledger.journal import Journal
from guard.metering.ledger.note import CLOSING, ENERGY, OPENING, encoded
from guard.metering.ledger.shard import HeadPace, ShardWriter
from guard.metering.ledger.store import Store
from guard.metering.location import Location


class Unsure(Store):
    """A database whose next commits fail: `kept` says whether they went through all the same."""

    failing = 0
    kept = False

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Connection]:
        with super().transaction() as db:
            yield db
            if self.failing and not self.kept:
                self.failing -= 1
                raise LedgerError("the connection broke at the commit")
        if self.failing:
            self.failing -= 1
            raise LedgerError("the connection broke behind the commit")


NOTES = [
    # what is told, how many entries it makes, and how many rows of energy
    ("an exchange", [(OPENING, encoded(opening("01A"))), (CLOSING, encoded(closing("01A")))], 2, 0),
    ("energy alone", [(ENERGY, encoded(ExchangeEnergy("01A", "p", 5, 1200, 0, "", "dcgm", "w")))], 0, 1),
    ("what was told before", [(CLOSING, encoded(closing("over")))], 0, 0),
]


@pytest.mark.parametrize("kept", [False, True], ids=["it did not go through", "it went through"])
@pytest.mark.parametrize(("notes", "entries", "energies"), [row[1:] for row in NOTES], ids=[row[0] for row in NOTES])
def test_a_commit_in_doubt_is_found_out_and_nothing_is_entered_twice_or_lost(
    tmp_path: Path, notes: list[tuple[int, bytes]], entries: int, energies: int, kept: bool
) -> None:
    journal = Journal(MemoryFolder(), 1 << 20)
    store = Unsure(Location(tmp_path / "guard.db"))
    shard = ShardWriter(store, "01S", store.begin("01S", 1, 1, journal.end), journal, HeadPace(60, 10_000, None))
    journal.append(CLOSING, encoded(closing("over")))
    shard.advance()
    for kind, payload in notes:
        journal.append(kind, payload)
    store.failing, store.kept = 1, kept
    with pytest.raises(LedgerError, match="the connection broke"):
        shard.advance()
    while shard.advance():
        pass

    assert shard.state.position == journal.end
    with contextlib.closing(sqlite3.connect(tmp_path / "guard.db")) as db:
        assert db.execute("SELECT count(*) FROM entry").fetchone() == (1 + entries,)
        assert db.execute("SELECT count(*) FROM energy").fetchone() == (energies,)
        assert db.execute("SELECT position FROM shard").fetchone() == (journal.end.offset,)
    store.close()
