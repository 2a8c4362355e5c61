"""Ledgers that earlier releases made stay readable: their one table is shown beside the entries, as it was."""

import contextlib
import fcntl
import sqlite3
from pathlib import Path

import pytest
from exchanges import closing, ledger, opening, rows

from guard.errors import LedgerError

SECOND = """
CREATE TABLE run (
    run        TEXT PRIMARY KEY,
    pid        INTEGER NOT NULL,
    started_ms INTEGER NOT NULL,
    ended_ms   INTEGER
) WITHOUT ROWID, STRICT;
CREATE TABLE exchange (
    exchange          TEXT PRIMARY KEY,
    run               TEXT NOT NULL,
    tenant            TEXT NOT NULL DEFAULT '',
    key               TEXT NOT NULL DEFAULT '',
    tier              TEXT NOT NULL DEFAULT '',
    dialect           TEXT NOT NULL DEFAULT '',
    model             TEXT NOT NULL DEFAULT '',
    backend           TEXT NOT NULL DEFAULT '',
    stream            INTEGER NOT NULL DEFAULT 0,
    started_ms        INTEGER,
    status            TEXT NOT NULL,
    reason            TEXT NOT NULL DEFAULT '',
    prompt_tokens     INTEGER,
    cached_tokens     INTEGER,
    reasoning_tokens  INTEGER,
    completion_tokens INTEGER,
    withheld_tokens   INTEGER,
    usage_source      TEXT,
    first_ms          REAL,
    total_ms          REAL,
    findings          TEXT NOT NULL DEFAULT '[]',
    decision          TEXT NOT NULL DEFAULT '',
    generation        TEXT NOT NULL DEFAULT '',
    cost_nanousd      INTEGER,
    price_version     TEXT NOT NULL DEFAULT '',
    labels            TEXT NOT NULL DEFAULT '{}'
) WITHOUT ROWID, STRICT;
CREATE INDEX exchange_open ON exchange (run) WHERE status = 'open';
"""
FIRST = SECOND.replace("    cost_nanousd      INTEGER,\n", "").replace(
    ",\n    price_version     TEXT NOT NULL DEFAULT '',\n    labels            TEXT NOT NULL DEFAULT '{}'", ""
)


@pytest.fixture(params=[(1, FIRST), (2, SECOND)], ids=["version 1", "version 2"])
def former(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    file = tmp_path / "guard.db"
    version, schema = request.param
    with contextlib.closing(sqlite3.connect(file)) as db:
        db.executescript(schema)
        db.execute(f"PRAGMA user_version = {version}")
        db.execute("INSERT INTO run (run, pid, started_ms) VALUES ('r', 1, 1)")
        db.execute("INSERT INTO exchange (exchange, run, status, total_ms) VALUES ('01A', 'r', 'completed', 2.5)")
        db.execute("INSERT INTO exchange (exchange, run, status) VALUES ('01B', 'r', 'open')")
        db.commit()
    return file


def test_former_rows_are_shown_beside_entries(former: Path) -> None:
    again = ledger(former)
    again.start()
    again.open(opening("01C"))
    again.close(closing("01C"))
    again.stop()
    assert rows(former, "exchange, state, status, reason, total_ms, completion_tokens") == [
        ("01A", "former", "completed", "", 2.5, None),
        ("01B", "former", "failed", "process_died", None, None),
        ("01C", "settled", "completed", "", 80.25, 7),
    ]
    ledger(former).start()


def test_a_file_that_a_former_release_still_writes_is_refused_and_left_alone(former: Path) -> None:
    mark = former.with_name("guard.db-run-r")
    with mark.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(LedgerError, match="stop it first"):
            ledger(former).start()
    with contextlib.closing(sqlite3.connect(former)) as db:
        assert db.execute("SELECT count(*) FROM exchange WHERE status = 'open'").fetchone() == (1,)
