"""A process may die at any moment: what was flushed stays, and what it left open is told from what others have open."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from exchanges import closing, ledger, opening, rows

from guard.metering.ledger.ledger import SqlLedger

WRITER = Path(__file__).with_name("writer.py")


class Writer:
    """A real process with a ledger of its own."""

    def __init__(self, database: Path, *exchanges: str, limit: int = 0) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(WRITER), str(database), str(limit), *exchanges],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def hear(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def go_on(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "guard.db"


@pytest.fixture
def writer(database: Path) -> Iterator[Callable[..., Writer]]:
    started: list[Writer] = []

    def start(*exchanges: str, limit: int = 0) -> Writer:
        started.append(Writer(database, *exchanges, limit=limit))
        return started[-1]

    yield start
    for one in started:
        one.kill()


def restarted(database: Path) -> SqlLedger:
    again = ledger(database, busy_ms=1_000)
    again.start()
    return again


def test_after_a_kill_all_that_was_told_is_entered_and_what_ran_is_estimated(
    writer: Callable[..., Writer], database: Path
) -> None:
    victim = writer("01A", "01B")
    assert victim.hear() == "drained=True healthy=True lost=0"
    victim.go_on()
    assert victim.hear() == "waiting"
    victim.kill()
    assert rows(database, "exchange, status") == [("01A", "open"), ("01B", "open")]
    restarted(database).stop()
    assert rows(database, "exchange, status, reason") == [
        ("01A", "failed", "process_died"),
        ("01B", "failed", "process_died"),
        ("unflushed", "completed", ""),
    ]


def test_what_a_living_process_has_open_stays_open(writer: Callable[..., Writer], database: Path) -> None:
    neighbour = writer("01A")
    assert neighbour.hear() == "drained=True healthy=True lost=0"
    own = restarted(database)
    own.open(opening("01B"))
    assert own.drain()
    assert rows(database, "exchange, status") == [("01A", "open"), ("01B", "open")]
    own.stop()


def test_the_dead_are_found_beside_the_living(writer: Callable[..., Writer], database: Path) -> None:
    living, victim = writer("01A"), writer("01B")
    for one in (living, victim):
        assert one.hear() == "drained=True healthy=True lost=0"
    victim.kill()
    restarted(database).stop()
    assert rows(database, "exchange, status") == [("01A", "open"), ("01B", "failed")]


def test_an_exchange_that_is_open_on_a_clean_stop_is_estimated(database: Path) -> None:
    first = restarted(database)
    first.open(opening("01A"))
    first.open(opening("01B"))
    first.close(closing("01B"))
    first.stop()
    assert rows(database, "exchange, state, reason") == [("01A", "estimated", "process_ended"), ("01B", "settled", "")]


def test_runs_leave_no_lock_files_behind(writer: Callable[..., Writer], database: Path) -> None:
    victim = writer("01A")
    victim.hear()
    victim.kill()
    assert list(database.parent.glob("*-run-*"))
    restarted(database).stop()
    assert not list(database.parent.glob("*-run-*"))


def test_several_processes_can_make_the_ledger_at_once(writer: Callable[..., Writer], database: Path) -> None:
    crowd = [writer(f"0{number}") for number in range(4)]
    assert [one.hear() for one in crowd] == ["drained=True healthy=True lost=0"] * 4
    assert rows(database, "count(*)") == [(4,)]


def test_a_full_disk_is_visible_loses_nothing_and_heals(writer: Callable[..., Writer], database: Path) -> None:
    cramped = writer("01A", limit=200_000)
    assert cramped.hear() == "drained=False healthy=False waiting=2000"
    cramped.go_on()
    assert cramped.hear() == "drained=True healthy=True lost=0"
    assert rows(database, "count(*)") == [(2001,)]
