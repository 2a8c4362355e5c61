"""Every exchange is one row; a row is durable once drained; what can't be written waits, visibly."""

import contextlib
import sqlite3
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from exchanges import closing, opening, rows
from exchanges import ledger as made

from guard.core.entry import ExchangeEnergy, Status
from guard.core.usage import Usage, UsageSource
from guard.errors import LedgerError
from guard.metering.ledger.ledger import SqlLedger

COLUMNS = (
    *("exchange", "run", "tenant", "key", "tier", "dialect", "model"),
    *("backend", "stream", "started_ms", "status", "reason", "prompt_tokens", "cached_tokens"),
    *("reasoning_tokens", "completion_tokens", "withheld_tokens", "usage_source", "first_ms", "total_ms", "findings"),
    *("decision", "generation", "cost_nanousd", "price_version", "labels"),
)
"""Those of the single table that earlier releases kept; queries that were written for it still work."""

Start = Callable[..., SqlLedger]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "guard.db"


@pytest.fixture
def start(database: Path) -> Iterator[Start]:
    """Starts ledgers on the database; a flush comes only by `drain`, so that no test depends on the time."""
    running: list[SqlLedger] = []

    def started(**options: int) -> SqlLedger:
        ledger = made(database, **options)
        ledger.start()
        running.append(ledger)
        return ledger

    yield started
    for ledger in running:
        with contextlib.suppress(LedgerError):
            ledger.stop()


def test_an_exchange_is_one_row_with_all_that_was_told(start: Start, database: Path) -> None:
    ledger = start()
    ledger.open(opening("01A"))
    ledger.close(closing("01A"))
    assert ledger.drain()
    assert rows(database, ", ".join(COLUMNS)) == [
        (
            "01A", ledger.run, "acme", "app1", "mid", "openai.chat", "m", "local", 1, 1_700_000_000_000,
            "completed", "", 11, 3, 2, 7, 1, "provider", 12.5, 80.25, '["EMAIL_ADDRESS","URL"]', "redact", "g1",
            None, "", "{}",
        )
    ]  # fmt: skip
    further = "state, attempt, idempotency, audio_tokens, image_tokens, tool_tokens, guard_tokens, energy_mj, waited_ms"
    assert rows(database, further) == [("settled", 1, "01A", None, None, None, 0, None, 0)]


def test_what_is_told_beside_the_counts_is_kept(start: Start, database: Path) -> None:
    ledger = start()
    ledger.open(opening("01A"))
    ledger.open(opening("01B"))
    told = {"queued_ms": 3.25, "split_source": UsageSource.COUNTED, "reserved_tokens": 500, "reserved_nanousd": 70}
    ledger.close(msgspec.structs.replace(closing("01A"), **told))
    assert ledger.drain()
    assert rows(database, "queued_ms, split_source, reserved_tokens, reserved_nanousd") == [
        (3.25, "counted", 500, 70),
        (None, None, 0, 0),
    ]


ENERGY = ExchangeEnergy("01A", "h100", 1_700_000_000_500, 1200, 30, "", "dcgm", "h100-1")


def test_energy_that_is_told_later_stands_beside_its_exchange_once(start: Start, database: Path) -> None:
    ledger = start()
    for exchange in ("01A", "01B", "01C"):
        ledger.open(opening(exchange))
        ledger.close(closing(exchange))
    without = msgspec.structs.replace(ENERGY, exchange="01B", energy_mj=None, doubt_mj=0, void="reset")
    ledger.note_energy([ENERGY, without])
    assert ledger.drain()
    ledger.note_energy([msgspec.structs.replace(ENERGY, energy_mj=7)])
    assert ledger.drain()
    assert rows(database, "exchange, energy_mj, energy_doubt_mj, energy_void, energy_method, energy_weights") == [
        ("01A", 1200, 30, "", "dcgm", "h100-1"),
        ("01B", None, 0, "reset", "dcgm", "h100-1"),
        ("01C", None, None, "", "", ""),
    ]


def test_energy_waits_in_the_journal_while_the_database_is_locked(start: Start, database: Path) -> None:
    ledger = start()
    ledger.close(closing("01A"))
    assert ledger.drain()
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        ledger.note_energy([ENERGY])
        assert not ledger.drain()
        ledger.stop()
    start()
    assert rows(database, "exchange, energy_mj") == [("01A", 1200)]


def test_a_stretch_of_time_is_found_by_an_index(start: Start, database: Path) -> None:
    start()
    with contextlib.closing(sqlite3.connect(database)) as db:
        plan = " ".join(
            str(row) for row in db.execute("EXPLAIN QUERY PLAN SELECT * FROM exchange WHERE started_ms >= 5")
        )
    assert "entry_over (started_ms>?)" in plan, plan
    assert "entry_begun (started_ms>?)" in plan


def test_an_exchange_is_open_until_it_is_closed(start: Start, database: Path) -> None:
    ledger = start()
    ledger.open(opening("01A"))
    assert ledger.drain()
    assert rows(database, "status, prompt_tokens") == [("open", None)]
    ledger.close(closing("01A", status=Status.BLOCKED))
    assert ledger.drain()
    assert rows(database, "status, prompt_tokens") == [("blocked", 11)]


def test_zero_is_written_as_zero_and_an_absent_count_as_null(start: Start, database: Path) -> None:
    ledger = start()
    ledger.open(opening("01A"))
    ledger.close(closing("01A", usage=Usage(prompt=0, completion=4)))
    assert ledger.drain()
    columns = "prompt_tokens, cached_tokens, reasoning_tokens, completion_tokens"
    assert rows(database, columns) == [(0, None, None, 4)]


def test_the_first_closing_counts_and_a_second_does_not(start: Start, database: Path) -> None:
    ledger = start()
    ledger.open(opening("01A"))
    ledger.close(closing("01A", usage=Usage(prompt=1, completion=1)))
    ledger.close(closing("01A", usage=Usage(prompt=9, completion=9)))
    assert ledger.drain()
    assert rows(database, "prompt_tokens") == [(1,)]


def test_a_closing_without_its_opening_still_accounts_for_its_tokens(start: Start, database: Path) -> None:
    ledger = start()
    ledger.close(closing("01A"))
    assert ledger.drain()
    assert rows(database, "status, completion_tokens, tenant") == [("completed", 7, "")]


@pytest.mark.parametrize(
    ("model", "count"),
    [("\ud800", 1), ("x" * 100_000, 1), ("nul\x00inside", 1), ("m", 1 << 70), ("m", -5)],
    ids=["lone surrogate", "endless name", "NUL", "count beyond 64 bits", "negative count"],
)
def test_an_odd_exchange_holds_up_no_other(start: Start, database: Path, model: str, count: int) -> None:
    ledger = start()
    ledger.open(opening("01A", model=model))
    ledger.close(closing("01A", usage=Usage(prompt=count, completion=1)))
    ledger.open(opening("01B"))
    assert ledger.drain()
    assert rows(database, "exchange, status") == [("01A", "completed"), ("01B", "open")]


def test_notes_of_many_threads_are_all_written_once(start: Start, database: Path) -> None:
    ledger = start(flush_ms=1)

    def work(name: str) -> None:
        for number in range(300):
            ledger.open(opening(f"{name}{number:04}"))
            ledger.close(closing(f"{name}{number:04}"))

    threads = [threading.Thread(target=work, args=(name,)) for name in "ABCD"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ledger.drain()
    assert rows(database, "count(*), count(DISTINCT exchange), sum(status = 'completed')") == [(1200, 1200, 1200)]


def test_stop_writes_what_waits(start: Start, database: Path) -> None:
    ledger = start()
    ledger.open(opening("01A"))
    ledger.stop()
    assert rows(database, "exchange") == [("01A",)]
    assert not ledger.healthy()


def test_what_comes_after_the_end_is_counted_as_lost(start: Start) -> None:
    ledger = start()
    ledger.stop()
    ledger.open(opening("01A"))
    assert ledger.health().lost == 1


def test_while_the_database_is_locked_notes_wait_and_health_says_so(start: Start, database: Path) -> None:
    ledger = start()
    other = sqlite3.connect(database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    ledger.open(opening("01A"))
    ledger.close(closing("01A"))
    assert not ledger.drain()
    health = ledger.health()
    assert (health.healthy, health.waiting, health.lost) == (False, 2, 0)
    assert "SQLITE_BUSY" in health.error
    other.execute("ROLLBACK")
    other.close()
    assert ledger.drain()
    assert ledger.healthy()
    assert rows(database, "exchange, status") == [("01A", "completed")]


def test_what_a_stop_could_not_enter_is_entered_by_the_next_start(start: Start, database: Path) -> None:
    ledger = start()
    other = sqlite3.connect(database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    ledger.open(opening("01A"))
    ledger.close(closing("01A"))
    ledger.open(opening("01B"))
    ledger.stop()
    other.close()
    assert (ledger.health().lost, rows(database)) == (0, [])
    start()
    assert rows(database, "exchange, state, run") == [("01A", "settled", ledger.run), ("01B", "estimated", ledger.run)]


def test_no_other_user_can_read_the_ledger(start: Start, database: Path) -> None:
    ledger = start()
    ledger.open(opening("01A"))
    assert ledger.drain()
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in database.parent.rglob("*")}
    assert len(modes) == 7
    assert all(mode == (0o700 if path.is_dir() else 0o600) for path, mode in modes.items()), modes


def test_a_ledger_in_memory_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ledger = made(None)
    ledger.start()
    ledger.open(opening("01A"))
    assert ledger.drain()
    ledger.stop()
    assert not list(tmp_path.iterdir())


def test_a_ledger_that_a_newer_guard_made_is_refused(start: Start, database: Path) -> None:
    with contextlib.closing(sqlite3.connect(database)) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(LedgerError, match="schema 99"):
        start()


def test_a_database_of_another_program_is_refused_and_left_alone(start: Start, database: Path) -> None:
    with contextlib.closing(sqlite3.connect(database)) as db:
        db.execute("CREATE TABLE theirs (x)")
    with pytest.raises(LedgerError, match="did not make"):
        start()
    with contextlib.closing(sqlite3.connect(database)) as db:
        assert [name for (name,) in db.execute("SELECT name FROM sqlite_schema")] == ["theirs"]
        assert db.execute("PRAGMA journal_mode").fetchone() == ("delete",)


@pytest.mark.parametrize("place", ["no/such/directory/guard.db", "."], ids=["missing directory", "a directory"])
def test_a_ledger_that_cannot_be_opened_stops_the_boot(tmp_path: Path, place: str) -> None:
    with pytest.raises(LedgerError, match="can't be used"):
        made(tmp_path / place).start()


def test_a_file_that_is_no_database_stops_the_boot(start: Start, database: Path) -> None:
    database.write_bytes(b"not a database at all" * 100)
    with pytest.raises(LedgerError, match="SQLITE_NOTADB"):
        start()


def test_what_an_exchange_cost_is_kept_with_its_price_and_labels(tmp_path: Path) -> None:
    ledger = made(tmp_path / "guard.db")
    ledger.start()
    for name, cost in (("a", 1234), ("b", None), ("c", 0)):
        ledger.open(opening(name))
        ledger.close(
            msgspec.structs.replace(closing(name), cost_nanousd=cost, price_version="v1", labels={"team": "x"})
        )
    ledger.stop()

    found = rows(tmp_path / "guard.db", "exchange, cost_nanousd, price_version, labels")
    assert found == [(name, cost, "v1", '{"team":"x"}') for name, cost in (("a", 1234), ("b", None), ("c", 0))]
