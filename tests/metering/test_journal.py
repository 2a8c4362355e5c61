"""Notes outlive the process in a journal: torn ends are cut, batches are entered once, what is read is followed."""

import os
import sqlite3
from pathlib import Path

import msgspec
import pytest
from exchanges import closing, ledger, opening, rows
from hypothesis import given
from hypothesis import strategies as st

from guard.core.entry import Status
from guard.core.usage import Usage, UsageSource
from guard.errors import LedgerBehind
from guard.metering.ledger.board import SLOT_BYTES, Board, NoSlot, Slot, mark
from guard.metering.ledger.estimate import read_by
from guard.metering.ledger.folder import DiskFolder, MemoryFolder
from guard.metering.ledger.journal import Journal, Position
from guard.metering.ledger.record import MAGIC, framed, read_records

RECORDS = [(1, b"one"), (2, b"x" * 300), (1, b"")]
DATA = b"".join(framed(kind, payload) for kind, payload in RECORDS)


@pytest.mark.parametrize("cut", range(len(DATA)))
def test_a_journal_that_was_cut_anywhere_has_the_whole_records_before(cut: int) -> None:
    records, taken = read_records(DATA[:cut], 10)
    assert records == RECORDS[: len(records)]
    assert taken <= cut
    assert read_records(DATA[taken:], 10)[0] == RECORDS[len(records) :]


@given(st.integers(0, len(DATA) - 1), st.integers(1, 255))
def test_a_byte_that_rotted_ends_the_journal_before_its_record(at: int, change: int) -> None:
    spoilt = bytearray(DATA)
    spoilt[at] ^= change
    records, taken = read_records(bytes(spoilt), 10)
    assert records == RECORDS[: len(records)]
    assert taken <= at


def test_segments_are_read_in_their_order_and_given_back(tmp_path: Path) -> None:
    folder = DiskFolder.make(tmp_path / "run")
    journal = Journal(folder, segment_bytes=100)
    for number in range(50):
        assert journal.append(1, b"%03d" % number)
    at, read = Position(), []
    while True:
        records, at = journal.read(at, 7)
        if not records:
            break
        read += [payload for _, payload in records]
        journal.drop(at)
        assert len(list(tmp_path.glob("run/*.journal"))) <= journal.end.segment - at.segment + 1
    assert read == [b"%03d" % number for number in range(50)]
    assert at == journal.end


def test_records_wait_in_order_while_the_disk_takes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal(MemoryFolder(), 1 << 20, waiting_records=2)
    assert journal.append(1, b"a")
    write = os.pwrite
    with monkeypatch.context() as broken:
        broken.setattr(os, "pwrite", lambda fd, data, at: write(fd, data[: len(data) // 2], at))
        assert [journal.append(1, payload) for payload in (b"b", b"c", b"d")] == [True, True, False]
    assert journal.append(1, b"e") is False
    assert journal.retry()
    assert journal.read(Position(), 10)[0] == [(1, b"a"), (1, b"b"), (1, b"c")]


def left_by_a_dead_run(database: Path) -> Path:
    """A run that told of two exchanges, was killed before anything was entered, and left a torn note behind."""
    dead = ledger(database)
    dead.start()
    dead.open(opening("01A"))
    progress = dead.open(opening("01B"))
    dead.close(closing("01A"))
    progress.asked(40, 0)
    progress.read(2, 8, Usage(prompt=37, completion=3))
    progress.read(9, 36, None)
    kept = {path.name: path.read_bytes() for path in database.parent.glob("*-run-*/*") if path.is_file()}
    folder = next(database.parent.glob("*-run-*"))
    board = kept["board"]
    dead.stop()
    again = folder.with_name(f"{database.name}-run-{dead.run[:-1]}Z")
    again.mkdir()
    (again / "00000001.journal").write_bytes(kept["00000001.journal"] + framed(1, b"torn")[:-2])
    (again / "board").write_bytes(board)
    return again


def test_what_a_dead_run_told_and_read_is_entered_once(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    folder = left_by_a_dead_run(other / "guard.db")
    database = tmp_path / "guard.db"
    folder.rename(tmp_path / folder.name)
    ledger(database).start()
    told = rows(database, "exchange, state, reason, prompt_tokens, completion_tokens, usage_source")
    assert told == [
        ("01A", "settled", "", 11, 7, "provider"),
        ("01B", "estimated", "process_died", 37, 3 + 7, "estimated"),
    ]
    assert not (tmp_path / folder.name).exists()


READ = [
    # what the board saw: prompt estimate, (pieces, chars, usage) in turn; what is accounted for
    ("nothing was asked", None, [], (0, 0)),
    ("asked, nothing read", 40, [], (40, 0)),
    ("pieces", 40, [(5, 12, None)], (40, 5)),
    ("long pieces", 40, [(2, 80, None)], (40, 20)),
    ("reported", 40, [(5, 20, Usage(prompt=33, completion=6))], (33, 6)),
    ("reported, then more", 40, [(5, 20, Usage(prompt=33, completion=6)), (9, 36, None)], (33, 10)),
    ("reported twice", 40, [(5, 9, Usage(prompt=3, completion=6)), (8, 12, Usage(prompt=3, completion=9))], (3, 9)),
    ("zero reported", 40, [(5, 20, Usage(prompt=0, completion=0))], (0, 0)),
]


@pytest.mark.parametrize(("prompt", "reads", "counts"), [one[1:] for one in READ], ids=[one[0] for one in READ])
def test_the_board_says_what_had_been_read(
    prompt: int | None, reads: list[tuple[int, int, Usage | None]], counts: tuple[int, int]
) -> None:
    board = Board(MemoryFolder().board(2 * SLOT_BYTES))
    slot = board.take("01A")
    assert isinstance(slot, Slot)
    if prompt is not None:
        slot.asked(prompt, 0)
    for pieces, chars, usage in reads:
        slot.read(pieces, chars, usage)
    usage = read_by(board.seen()[mark("01A")]).usage
    assert (usage.prompt, usage.completion) == counts


def test_the_board_tells_thoughts_and_calls_from_the_answer() -> None:
    board = Board(MemoryFolder().board(2 * SLOT_BYTES))
    slot = board.take("01A")
    assert isinstance(slot, Slot)
    slot.asked(40, 0)
    slot.read(10, 200, None, reasoning_chars=100, tool_chars=20)
    slot.read(25, 400, Usage(prompt=33, completion=80), reasoning_chars=200, tool_chars=100)

    read = read_by(board.seen()[mark("01A")])
    assert read.usage == Usage(prompt=33, completion=80, reasoning=40, tool=20)
    assert (read.source, read.split_source) == (UsageSource.PROVIDER, UsageSource.ESTIMATED)


def test_a_slot_is_free_again_when_its_exchange_is_over_and_nothing_late_reaches_the_next() -> None:
    board = Board(MemoryFolder().board(SLOT_BYTES))
    first = board.take("01A")
    assert first is not None
    assert board.take("01B") is None
    first.read(5, 5, None)
    board.give_back(first)
    second = board.take("01B")
    assert second is not None
    first.read(99, 99, None)
    assert board.seen()[mark("01B")].pieces == 0
    board.close()
    second.read(1, 1, None)


def test_attempts_of_one_key_are_counted_and_what_is_told_twice_is_not(tmp_path: Path) -> None:
    made = ledger(tmp_path / "guard.db")
    made.start()
    for exchange in ("01A", "01B", "01A", "01C"):
        made.open(msgspec.structs.replace(opening(exchange), idempotency="k" if exchange != "01C" else ""))
    for exchange in ("01A", "01B", "01C", "01B"):
        made.close(closing(exchange, status=Status.ABORTED if exchange == "01B" else Status.COMPLETED))
    made.stop()
    assert rows(tmp_path / "guard.db", "exchange, attempt, idempotency, state") == [
        ("01A", 1, "k", "settled"),
        ("01B", 2, "k", "aborted"),
        ("01C", 1, "01C", "settled"),
    ]


@pytest.mark.parametrize(("behind", "lost"), [("refuse", 0), ("serve", 0)])
def test_beyond_the_bound_the_policy_says_what_becomes_of_new_exchanges(tmp_path: Path, behind: str, lost: int) -> None:
    made = ledger(tmp_path / "guard.db", behind=behind, journal_bytes=10)
    made.start()
    first = made.open(opening("01A"))
    assert not isinstance(first, NoSlot)
    other = sqlite3.connect(tmp_path / "guard.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert not made.drain()
    if behind == "refuse":
        with pytest.raises(LedgerBehind):
            made.open(opening("01B"))
    else:
        made.open(opening("01B"))
    made.close(closing("01A"))
    other.close()
    made.stop()
    assert (made.health().lost, len(rows(tmp_path / "guard.db"))) == (lost, 1 if behind == "refuse" else 2)


def test_the_first_bytes_of_a_segment_name_its_form(tmp_path: Path) -> None:
    Journal(DiskFolder.make(tmp_path / "run"), 100)
    assert (tmp_path / "run/00000001.journal").read_bytes() == MAGIC
