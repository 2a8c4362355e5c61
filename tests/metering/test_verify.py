"""Whatever row of a ledger is changed, taken out, moved, added or cut off is found, and named."""

import contextlib
import random
import sqlite3
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from exchanges import closing, ledger, opening

from guard.core.entry import Status
from guard.metering.ledger.chain import Check, Signer
from guard.metering.ledger.reader import LedgerReader
from guard.metering.ledger.verify import Verdict

EXCHANGES = 30
EDITS = 60


def pem() -> str:
    key = Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


KEY = pem()
CHECK = Signer(KEY).check


def write(database: Path, name: str, key: str = KEY) -> str:
    """A run of its own: exchanges, one of them left open; its shard."""
    made = ledger(database, signing_key=key, head_entries=10)
    made.start()
    for number in range(EXCHANGES):
        made.open(opening(f"{name}{number:03}"))
        assert made.drain()
        if number:
            made.close(closing(f"{name}{number:03}", status=Status.ABORTED if number % 5 == 0 else Status.COMPLETED))
    made.stop()
    return made.run


@pytest.fixture
def database(tmp_path: Path) -> Path:
    for name in "AB":
        write(tmp_path / "guard.db", name)
    return tmp_path / "guard.db"


def verdict(database: Path, check: Check | None = CHECK) -> Verdict:
    reader = LedgerReader(f"sqlite:///{database}")
    try:
        return reader.verify(check)
    finally:
        reader.close()


def edit(database: Path, *statements: str) -> None:
    with contextlib.closing(sqlite3.connect(database)) as db:
        for statement in statements:
            assert db.execute(statement).rowcount != 0, statement
        db.commit()


def found(database: Path) -> list[tuple[str, int]]:
    return [(fault.kind, fault.seq) for fault in verdict(database).faults]


def test_a_ledger_that_nobody_touched_has_no_fault(database: Path) -> None:
    told = verdict(database)
    assert (told.faults, told.shards, told.entries) == ((), 2, 2 * 2 * EXCHANGES)
    assert told.signed == told.heads > 4


FIRST = "shard = (SELECT min(shard) FROM shard)"
LAST = "shard = (SELECT max(shard) FROM shard)"
TAMPERED = [
    # what was done, statements, faults that must be told
    ("a count", [f"UPDATE entry SET completion_tokens = 1 WHERE seq = 8 AND {FIRST}"], [("changed", 8)]),
    ("a name", [f"UPDATE entry SET tenant = 'other' WHERE seq = 1 AND {FIRST}"], [("changed", 1)]),
    ("a hash", [f"UPDATE entry SET hash = zeroblob(32) WHERE seq = 8 AND {FIRST}"], [("changed", 8)]),
    ("two rows", [f"UPDATE entry SET model = 'x' WHERE seq IN (8, 9) AND {FIRST}"], [("changed", 8), ("changed", 9)]),
    ("one taken out", [f"DELETE FROM entry WHERE seq = 8 AND {FIRST}"], [("missing", 8)]),
    ("the first taken out", [f"DELETE FROM entry WHERE seq = 1 AND {FIRST}"], [("missing", 1)]),
    ("the last cut off", [f"DELETE FROM entry WHERE seq > 58 AND {LAST}"], [("truncated", 59)]),
    ("all cut off", [f"DELETE FROM entry WHERE {LAST}"], [("truncated", 1)]),
    (
        "two swapped",
        [
            f"UPDATE entry SET seq = 1000 WHERE seq = 8 AND {FIRST}",
            f"UPDATE entry SET seq = 8 WHERE seq = 21 AND {FIRST}",
            f"UPDATE entry SET seq = 21 WHERE seq = 1000 AND {FIRST}",
        ],
        [("reordered", 8), ("reordered", 21)],
    ),
    (
        "neighbours swapped",
        [
            f"UPDATE entry SET seq = 1000 WHERE seq = 8 AND {FIRST}",
            f"UPDATE entry SET seq = 8 WHERE seq = 9 AND {FIRST}",
            f"UPDATE entry SET seq = 9 WHERE seq = 1000 AND {FIRST}",
        ],
        [("reordered", 8), ("reordered", 9)],
    ),
    (
        "one told twice",
        [
            "CREATE TABLE copy AS SELECT * FROM entry WHERE seq = 8 AND " + FIRST,
            "UPDATE copy SET seq = 61, id = 'x', attempt = 2",
            "INSERT INTO entry SELECT * FROM copy",
        ],
        [("added", 61)],
    ),
    ("a head taken out", [f"DELETE FROM head WHERE number = 2 AND {FIRST}"], [("missing", 2)]),
    ("the last head taken out", [f"DELETE FROM head WHERE seq = 60 AND {FIRST}"], [("truncated", 6), ("changed", 0)]),
    ("a head's time", [f"UPDATE head SET at_ms = 1 WHERE number = 2 AND {FIRST}"], [("changed", 2)]),
    ("a signature", [f"UPDATE head SET signature = zeroblob(64) WHERE number = 2 AND {FIRST}"], [("changed", 2)]),
    ("a signature taken off", [f"UPDATE head SET signature = NULL WHERE number = 2 AND {FIRST}"], [("changed", 2)]),
    ("a shard's row", [f"DELETE FROM shard WHERE {LAST}"], [("missing", 0), ("missing", 0)]),
    ("a shard's end", [f"UPDATE shard SET ended_ms = 5 WHERE {FIRST}"], [("changed", 0)]),
    (
        "a whole shard",
        [f"DELETE FROM {table} WHERE {FIRST}" for table in ("head", "entry", "shard")],
        [("missing", 0)],
    ),
]


@pytest.mark.parametrize(("statements", "faults"), [case[1:] for case in TAMPERED], ids=[case[0] for case in TAMPERED])
def test_what_was_done_to_a_ledger_is_told(
    database: Path, statements: list[str], faults: list[tuple[str, int]]
) -> None:
    edit(database, *statements)
    assert set(faults) <= set(found(database))
    assert [fault for fault in found(database) if fault[0] == "changed" and fault not in faults and fault[1]] == []


def test_edits_at_random_are_all_found(database: Path, tmp_path: Path) -> None:
    draw = random.Random(6)
    original = database.read_bytes()
    for number in range(EDITS):
        copy = tmp_path / "copy.db"
        copy.write_bytes(original)
        with contextlib.closing(sqlite3.connect(copy)) as db:
            told = draw.choice((_change, _change, _take_out))(db, draw)
            db.commit()
        assert found(copy), f"edit {number} was not found: {told}"


def _change(db: sqlite3.Connection, draw: random.Random) -> str:
    table = draw.choice(("entry", "entry", "entry", "head", "shard"))
    columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
    column = draw.choice(columns)
    (rowid, value) = draw.choice(db.execute(f"SELECT rowid, {column} FROM {table}").fetchall())
    other: object = 7 if value is None else value + 1 if isinstance(value, int) else _flipped(value)
    try:
        db.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (other, rowid))
    except sqlite3.IntegrityError:
        # The place is taken, which the database itself does not let happen.
        return _take_out(db, draw)
    return f"{table}.{column} of row {rowid}: {value!r} became {other!r}"


def _flipped(value: str | bytes) -> str | bytes:
    if isinstance(value, str):
        return value + "x"
    return bytes((value[0] ^ 1, *value[1:])) if value else b"x"


def _take_out(db: sqlite3.Connection, draw: random.Random) -> str:
    table = draw.choice(("entry", "entry", "head", "shard"))
    (rowid,) = draw.choice(db.execute(f"SELECT rowid FROM {table}").fetchall())
    db.execute(f"DELETE FROM {table} WHERE rowid = ?", (rowid,))
    return f"row {rowid} of {table} was taken out"


def test_without_the_key_signatures_are_not_judged_and_with_another_they_do_not_count(database: Path) -> None:
    for check in (None, Signer(pem()).check):
        told = verdict(database, check)
        assert (told.faults, told.signed) == ((), 0)


def test_a_history_that_was_made_anew_without_the_key_has_no_signatures(tmp_path: Path) -> None:
    write(tmp_path / "guard.db", "A", key="")
    told = verdict(tmp_path / "guard.db")
    assert (told.faults, told.signed) == ((), 0)
    assert told.heads > 0


def test_a_ledger_is_verified_while_it_is_written(tmp_path: Path) -> None:
    made = ledger(tmp_path / "guard.db")
    made.start()
    made.open(opening("01A"))
    assert made.drain()
    assert verdict(tmp_path / "guard.db").faults == ()
    made.stop()
