"""What was compiled is had back as it was, or is compiled anew: no file, whoever wrote it, changes what is found."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import hyperscan
import pytest

from guard.scan import database, store
from guard.scan.automaton import SENTINEL
from guard.scan.database import BLOCK, STREAM, Expression, Source
from guard.scan.engine import PatternEngine
from guard.scan.pattern import Pattern
from guard.scan.store import DatabaseStore

PATTERNS = (
    Pattern("WORD", "word", "abra[a-z]{3,9}", not_after="a-z", not_before="a-z"),
    Pattern("CODE", "code", "k-[0-9]{4}", caseless=True),
)
TEXT = "say abracadabra, K-1234 and abrupt k-12"
FOUND = {"WORD", "CODE"}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A directory with the two databases of `PATTERNS`."""
    place = tmp_path / "made" / "here"
    assert read(DatabaseStore(place)) == FOUND
    return place


@pytest.fixture
def compiling(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The modes of the databases that are compiled in the test."""
    modes: list[int] = []

    def compiled(source: Source) -> hyperscan.Database:
        modes.append(source.mode)
        return database.compiled(source)

    monkeypatch.setattr(store, "compiled", compiled)
    return modes


def read(kept: DatabaseStore) -> frozenset[str]:
    """The types that are found, by an engine that holds what it must."""
    engine = PatternEngine(PATTERNS, store=kept)
    engine.prepare()
    assert engine.automaton.viable(SENTINEL + TEXT) == len(SENTINEL + TEXT) - len("k-12")
    return engine.types(TEXT)


def files(place: Path) -> list[Path]:
    return sorted(place.glob("*.hsdb"))


def test_the_next_process_compiles_nothing_and_finds_the_same(place: Path, compiling: list[int]) -> None:
    kept = DatabaseStore(place)
    assert read(kept) == FOUND
    assert compiling == []
    assert kept.faults == []


def test_nobody_else_may_read_or_write_what_is_kept(place: Path) -> None:
    assert place.stat().st_mode & 0o777 == 0o700
    assert [file.stat().st_mode & 0o777 for file in files(place)] == [0o600, 0o600]
    assert len(list(place.iterdir())) == 2


def _flipped(file: Path) -> None:
    written = bytearray(file.read_bytes())
    written[len(written) // 2] ^= 1
    file.write_bytes(written)


def _exchanged(file: Path) -> None:
    shutil.copyfile(next(one for one in files(file.parent) if one != file), file)


def _linked(file: Path) -> None:
    file.symlink_to(file.rename(file.with_suffix(".away")))


@pytest.mark.parametrize(
    ("harm", "fault"),
    [
        (lambda file: file.write_bytes(b""), "not as it was written"),
        (lambda file: file.write_bytes(file.read_bytes()[:-1]), "not as it was written"),
        (lambda file: file.write_bytes(file.read_bytes() + b"x"), "not as it was written"),
        (_flipped, "not as it was written"),
        (_exchanged, "not as it was written"),
        (lambda file: file.chmod(0o620), "written by others"),
        (lambda file: file.chmod(0o602), "written by others"),
        (_linked, "symbolic link"),
        (lambda file: os.truncate(file, store.MOST_BYTES + 1), "too large"),
    ],
)
def test_a_file_that_is_not_what_guard_wrote_is_compiled_anew(
    place: Path, compiling: list[int], harm: Callable[[Path], object], fault: str
) -> None:
    harm(files(place)[0])
    kept = DatabaseStore(place)
    assert read(kept) == FOUND
    assert len(compiling) == 1
    assert [fault in said for said in kept.faults] == [True]
    assert read(DatabaseStore(place)) == FOUND
    assert len(compiling) == 1, "what is compiled anew takes the place of what was wrong"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_user_is_compiled_anew(place: Path, compiling: list[int]) -> None:
    os.chown(files(place)[0], 12345, 12345)
    assert read(DatabaseStore(place)) == FOUND
    assert len(compiling) == 1


@pytest.mark.parametrize("where", [4, 13], ids=["another version's", "another processor's"])
def test_a_database_that_the_library_refuses_is_compiled_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compiling: list[int], where: int
) -> None:
    def foreign(one: hyperscan.Database) -> bytes:
        written = bytearray(database.dumped(one))
        written[where] ^= 0x40
        return bytes(written)

    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(store, "dumped", foreign)
        read(DatabaseStore(tmp_path))
    kept = DatabaseStore(tmp_path)
    assert read(kept) == FOUND
    assert compiling == [STREAM, BLOCK] * 2
    assert len(kept.faults) == 2


def _file_in_its_place(place: Path) -> None:
    place.write_text("")


def _open_to_others(place: Path) -> None:
    place.mkdir()
    place.chmod(0o777)


@pytest.mark.parametrize("harm", [_file_in_its_place, _open_to_others])
def test_where_nothing_can_be_kept_safely_everything_is_compiled(tmp_path: Path, harm: Callable[[Path], None]) -> None:
    place = tmp_path / "place"
    harm(place)
    kept = DatabaseStore(place)
    assert read(kept) == FOUND
    assert len(kept.faults) == 2
    assert files(place) == []


def test_without_a_directory_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert read(DatabaseStore()) == FOUND
    assert list(tmp_path.iterdir()) == []


def test_what_was_not_used_for_longest_goes_when_there_is_too_much(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, used = files(place)
    left = place / "0123.hsdb-new"
    left.write_bytes(b"of a process that died")
    strange = place / "notes.txt"
    strange.write_text("not ours")
    for age, file in enumerate((used, left, old)):
        os.utime(file, (1_000_000 - age, 1_000_000 - age))
    third = Source(STREAM, (Expression(b"third", 0, False, "third"),))
    size = len(database.dumped(database.compiled(third))) + 32
    monkeypatch.setattr(store, "MOST_BYTES", used.stat().st_size + size)
    DatabaseStore(place).database(third)
    assert used in files(place)
    assert len(files(place)) == 2
    assert not old.exists()
    assert not left.exists()
    assert strange.exists()


SOURCE = Source(STREAM, (Expression(b"a", 0, False, "a"), Expression(b"b", 1, True, "b")))
A, B = SOURCE.expressions


@pytest.mark.parametrize(
    "another",
    [
        Source(BLOCK, (A, B)),
        Source(STREAM, (A,)),
        Source(STREAM, (B, A)),
        Source(STREAM, (A, Expression(b"c", 1, True, "b"))),
        Source(STREAM, (A, Expression(b"b", 2, True, "b"))),
        Source(STREAM, (A, Expression(b"b", 1, False, "b"))),
    ],
)
def test_another_source_has_another_key(another: Source) -> None:
    assert another.key != SOURCE.key
    assert Source(STREAM, (A, B)).key == SOURCE.key


def test_another_version_of_the_library_has_another_key(monkeypatch: pytest.MonkeyPatch) -> None:
    before = SOURCE.key
    monkeypatch.setattr(database, "version", lambda _name: "0.0.0")
    database._machinery.cache_clear()
    after = SOURCE.key
    monkeypatch.undo()
    database._machinery.cache_clear()
    assert (before, after) == (SOURCE.key, after)
    assert after != before
