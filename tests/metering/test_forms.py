"""A ledger of schema 3, as its release wrote it, is taken over: its chains hold, its shards keep their columns.

`former_ledger/v3.sql` has two shards that ended and one whose process was killed; `v3.journal` is what that left, and
has two closings that are not entered.
"""

import contextlib
import sqlite3
from pathlib import Path

import psycopg
import pytest
from alembic import command
from alembic.config import Config
from exchanges import closing, ledger, opening, rows
from sqlalchemy import insert

from guard.metering.ledger import schema
from guard.metering.ledger.engine import writing_engine
from guard.metering.ledger.reader import LedgerReader
from guard.metering.ledger.table import METADATA
from guard.metering.ledger.verify import Verdict
from guard.metering.location import parse_location
from tests.postgres import PASSWORD

FORMER = Path(__file__).with_name("former_ledger")
DEAD = "01M89RDSVYDN2KK1B97T8NQHRB"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A file of schema 3, and beside it what the killed process left."""
    file = tmp_path / "guard.db"
    with contextlib.closing(sqlite3.connect(file)) as db:
        db.executescript((FORMER / "v3.sql").read_text())
    left = tmp_path / f"guard.db-run-{DEAD}"
    left.mkdir()
    (left / "00000001.journal").write_bytes((FORMER / "v3.journal").read_bytes())
    return file


def verdict(url: str, password: str = "") -> Verdict:
    reader = LedgerReader(url, password)
    try:
        return reader.verify(None)
    finally:
        reader.close()


def taken_over(database: Path) -> None:
    one = ledger(database)
    one.start()
    one.open(opening("01D1"))
    one.close(closing("01D1"))
    one.stop()


def test_chains_of_before_hold_and_what_was_left_is_entered_in_their_form(database: Path) -> None:
    taken_over(database)
    told = verdict(f"sqlite:///{database}")
    assert (told.faults, told.shards, told.entries) == ((), 4, 6 + 6 + 5 + 2)
    assert rows(database, "exchange, state, run = (SELECT max(run) FROM run), queued_ms, split_source") == [
        ("01A1", "settled", 0, None, None),
        ("01A2", "aborted", 0, None, None),
        ("01A3", "estimated", 0, None, None),
        ("01B1", "settled", 0, None, None),
        ("01B2", "aborted", 0, None, None),
        ("01B3", "estimated", 0, None, None),
        ("01C1", "settled", 0, None, None),
        ("01C2", "estimated", 0, None, None),
        ("01C9", "settled", 0, None, None),
        ("01D1", "settled", 1, 0.0, ""),
    ]
    with contextlib.closing(sqlite3.connect(database)) as db:
        assert db.execute("SELECT form FROM shard ORDER BY shard").fetchall() == [(3,), (3,), (3,), (4,)]


FIRST = "shard = (SELECT min(shard) FROM shard)"
TAMPERED = [
    # what was done to a row of schema 3, the fault
    (f"UPDATE entry SET completion_tokens = 1 WHERE seq = 2 AND {FIRST}", ("changed", 2)),
    (f"UPDATE entry SET labels = '{{}}' WHERE seq = 2 AND {FIRST}", ("changed", 2)),
    (f"UPDATE entry SET queued_us = 5 WHERE seq = 2 AND {FIRST}", ("changed", 2)),
    (f"UPDATE entry SET split_source = '' WHERE seq = 1 AND {FIRST}", ("changed", 1)),
    (f"DELETE FROM entry WHERE seq = 2 AND {FIRST}", ("missing", 2)),
    (f"UPDATE shard SET form = 4 WHERE {FIRST}", ("changed", 1)),
    (f"UPDATE shard SET form = 99 WHERE {FIRST}", ("changed", 0)),
    ("UPDATE shard SET form = 3 WHERE shard = (SELECT max(shard) FROM shard)", ("changed", 1)),
]


@pytest.mark.parametrize(("statement", "fault"), TAMPERED, ids=[statement[:45] for statement, _ in TAMPERED])
def test_tampering_with_rows_of_before_is_found(database: Path, statement: str, fault: tuple[str, int]) -> None:
    taken_over(database)
    with contextlib.closing(sqlite3.connect(database)) as db:
        assert db.execute(statement).rowcount == 1
        db.commit()
    assert fault in [(one.kind, one.seq) for one in verdict(f"sqlite:///{database}").faults]


def test_a_guard_of_before_that_still_runs_keeps_its_notes_in_its_journal(database: Path) -> None:
    """Its statements name columns that are gone: they fail, and its journal waits for a start, as in any outage."""
    taken_over(database)
    with contextlib.closing(sqlite3.connect(database)) as db, pytest.raises(sqlite3.OperationalError):
        db.execute("INSERT INTO entry (energy_mj) VALUES (NULL)")


def test_chains_of_before_hold_on_a_server(database: Path, server: str, tmp_path: Path) -> None:
    _fill(server, database)
    one = ledger(None, url=server, password=PASSWORD, journal=tmp_path / "journal")
    one.start()
    one.open(opening("01D1"))
    one.close(closing("01D1"))
    one.stop()
    told = verdict(server, PASSWORD)
    assert (told.faults, told.shards, told.entries) == ((), 4, 6 + 6 + 2 + 2)
    with psycopg.connect(server, password=PASSWORD) as db:
        db.execute(f"UPDATE entry SET tenant = 'other' WHERE seq = 2 AND {FIRST}".encode())
    assert [(fault.kind, fault.seq) for fault in verdict(server, PASSWORD).faults] == [("changed", 2)]


def _fill(server: str, file: Path) -> None:
    """Schema 3 on a server, by its own migration, with the rows of a file."""
    config = Config()
    config.set_main_option("script_location", str(Path(schema.__file__).with_name("migration")))
    with writing_engine(parse_location(server), PASSWORD, 0).begin() as db, sqlite3.connect(file) as source:
        config.attributes["connection"] = db
        command.upgrade(config, "3")
        source.row_factory = sqlite3.Row
        former = type(METADATA)()
        former.reflect(db)
        for name in ("entry", "shard", "head"):
            found = [dict(row) for row in source.execute(f"SELECT * FROM {name}")]
            db.execute(insert(former.tables[name]), found)
