"""The record keeps an exchange whole, without a text that is not sealed, and only as long as it should."""

import sqlite3
from pathlib import Path

import msgspec
import pytest

from guard.audit.keeper import RecordKeeper, RecordOptions
from guard.audit.reader import RecordReader
from guard.audit.store import RecordStore
from guard.core.decision import Decision
from guard.core.entry import Closing, Opening, Status
from guard.core.facts import RequestFacts
from guard.core.record import ExchangeNote, FindingRecord, TextRecord, Timings
from guard.core.tool_facts import ToolFacts
from guard.core.usage import Usage, UsageSource
from guard.errors import AuditError
from guard.policy.decision import parse_decision

from .decided import DECIDED, PLANTED, REQUEST, TOOL, record

KEY = "a secret of the tests, long enough"
FOUND = FindingRecord(
    "prompt", "EMAIL_ADDRESS", "pii.direct", 2, "pattern", "$.messages[].content", 2, 1.0, 0.5, ((3, 9),)
)
NOTE = ExchangeNote(
    "01A", (FOUND,), Timings(read_ms=0.5, total_ms=80.0), (TextRecord("user", "$.messages[1].content", PLANTED[0]),)
)


def opening(exchange: str, started_ms: int = 1000, tenant: str = "acme") -> Opening:
    return Opening(exchange, tenant, "web", "free", "openai.chat", "small-model", "local", True, started_ms)


def closing(exchange: str) -> Closing:
    usage = Usage(prompt=11, completion=7)
    return Closing(exchange, Status.COMPLETED, "", usage, UsageSource.PROVIDER, 0, 20.0, 80.0, ("EMAIL_ADDRESS",))


def kept(path: Path, secret: str | None = None) -> None:
    """Two exchanges; the first has decisions, findings and texts."""
    keeper = RecordKeeper(RecordOptions(path, 30_000, secret))
    keeper.start()
    keeper.open(opening("01A"))
    for number, (point, facts, decision) in enumerate(DECIDED[:4]):
        keeper.decided(record(point, facts, decision, number=number, exchange="01A"))
    keeper.decided(record(exchange="", number=9))
    keeper.noted(NOTE if keeper.keeps_texts else msgspec.structs.replace(NOTE, texts=()))
    keeper.close(closing("01A"))
    keeper.open(opening("01B", 2000, "blue"))
    keeper.stop()


def test_an_exchange_is_kept_whole(tmp_path: Path) -> None:
    kept(tmp_path / "record.db")
    with RecordReader(tmp_path / "record.db") as reader:
        found = reader.exchange("01A")
        running = reader.exchange("01B")
        assert reader.exchange("01C") is None
    assert found is not None
    assert (found.opening, found.closing) == (opening("01A"), closing("01A"))
    assert (found.findings, found.timings, found.texts) == ((FOUND,), NOTE.timings, ())
    assert [one.point for one in found.decisions] == ["request", "request", "response", "tool"]
    first = found.decisions[0]
    decided = parse_decision(msgspec.json.decode(first.result), first.generation)
    assert decided == DECIDED[0][2]
    facts = msgspec.json.decode(first.facts, type=RequestFacts)
    assert msgspec.structs.replace(facts, messages=()) == msgspec.structs.replace(REQUEST, messages=())
    assert [message.chars for message in facts.messages] == [40, 20]
    assert running is not None
    assert (running.closing, running.decisions) == (None, ())


@pytest.mark.parametrize("secret", [None, KEY])
def test_no_text_lies_in_the_file(tmp_path: Path, secret: str | None) -> None:
    kept(tmp_path / "record.db", secret)
    data = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert [planted for planted in PLANTED if planted.encode() in data] == []
    assert (tmp_path / "record.db").stat().st_mode & 0o777 == 0o600


def test_texts_that_are_kept_open_with_the_key_alone(tmp_path: Path) -> None:
    kept(tmp_path / "record.db", KEY)
    with RecordReader(tmp_path / "record.db", KEY) as reader:
        opened = reader.exchange("01A")
    with RecordReader(tmp_path / "record.db") as reader:
        shut = reader.exchange("01A")
    assert opened is not None
    assert opened.texts == NOTE.texts
    assert msgspec.json.decode(opened.decisions[0].facts, type=RequestFacts) == REQUEST
    assert msgspec.json.decode(opened.decisions[3].facts, type=ToolFacts) == TOOL
    assert shut is not None
    assert shut.texts == ()
    assert PLANTED[1].encode() not in shut.decisions[0].facts


def test_another_key_is_refused_by_reader_and_keeper(tmp_path: Path) -> None:
    kept(tmp_path / "record.db", KEY)
    with pytest.raises(AuditError, match=r"decisions\.record\.key is not the key"):
        RecordReader(tmp_path / "record.db", "another secret, long enough")
    with pytest.raises(AuditError, match=r"decisions\.record\.key is not the key"):
        RecordKeeper(RecordOptions(tmp_path / "record.db", 30, "another secret, long enough")).start()


def test_a_seal_opens_nowhere_but_in_its_place(tmp_path: Path) -> None:
    kept(tmp_path / "record.db", KEY)
    with sqlite3.connect(tmp_path / "record.db") as base:
        base.execute("UPDATE exchange SET sealed = (SELECT sealed FROM decision WHERE sealed IS NOT NULL LIMIT 1)")
    with RecordReader(tmp_path / "record.db", KEY) as reader, pytest.raises(AuditError, match="another key"):
        reader.exchange("01A")


@pytest.mark.parametrize(
    ("since", "until", "tenant", "expected"),
    [
        (0, None, None, ["01A", "01B"]),
        (1000, 2000, None, ["01A"]),
        (1001, None, None, ["01B"]),
        (0, None, "blue", ["01B"]),
        (0, 1000, None, []),
    ],
)
def test_a_time_and_a_tenant_choose(
    tmp_path: Path, since: int, until: int | None, tenant: str | None, expected: list[str]
) -> None:
    kept(tmp_path / "record.db")
    with RecordReader(tmp_path / "record.db") as reader:
        assert [one.exchange for one in reader.read(since, until, tenant)] == expected
        assert reader.count(since, until, tenant) == len(expected)


def test_many_exchanges_of_one_moment_are_read_once_each_in_order(tmp_path: Path) -> None:
    store = RecordStore(tmp_path / "record.db", None, 30_000)
    store.write([opening(f"01{number:04}", 1000 + number // 300) for number in range(1000)])
    store.close()
    with RecordReader(tmp_path / "record.db") as reader:
        assert [one.exchange for one in reader.read()] == [f"01{number:04}" for number in range(1000)]


def test_what_is_too_old_goes_and_the_rest_stays(tmp_path: Path) -> None:
    store = RecordStore(tmp_path / "record.db", None, 30_000)
    store.write([opening("01A", 1000), opening("01B", 2000), record(exchange="01A", at_ns=1_000_000_000)])
    store.write([record(exchange="01B", at_ns=2_000_000_000)])
    assert store.prune(2000) == 2
    store.close()
    with RecordReader(tmp_path / "record.db") as reader:
        assert [(one.exchange, len(one.decisions)) for one in reader.read()] == [("01B", 1)]


def test_a_start_takes_out_what_is_older_than_the_days(tmp_path: Path) -> None:
    store = RecordStore(tmp_path / "record.db", None, keep_days=1)
    store.write([opening("01A", 1000)])
    store.close()
    again = RecordStore(tmp_path / "record.db", None, keep_days=1)
    again.write([])
    again.close()
    with RecordReader(tmp_path / "record.db") as reader:
        assert reader.count() == 0


def test_a_foreign_database_is_left_alone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "other.db") as base:
        base.execute("CREATE TABLE t (x)")
    before = (tmp_path / "other.db").read_bytes()
    for use in (lambda path: RecordStore(path, None, 1), RecordReader):
        with pytest.raises(AuditError, match="is no record"):
            use(tmp_path / "other.db")
    assert (tmp_path / "other.db").read_bytes() == before


def test_a_record_that_is_not_there_is_an_error_with_a_cure(tmp_path: Path) -> None:
    with pytest.raises(AuditError, match=r"decisions\.record\.path"):
        RecordReader(tmp_path / "record.db")
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_fails_loses_no_batch(tmp_path: Path) -> None:
    store = RecordStore(tmp_path / "record.db", None, 30_000)
    other = sqlite3.connect(tmp_path / "record.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    store._db.execute("PRAGMA busy_timeout = 0")
    with pytest.raises(AuditError, match="SQLITE_BUSY"):
        store.write([opening("01A"), record(exchange="01A")])
    other.execute("ROLLBACK")
    other.close()
    store.write([opening("01A"), record(exchange="01A")])
    store.close()
    with RecordReader(tmp_path / "record.db") as reader:
        assert [len(one.decisions) for one in reader.read()] == [1]


def test_names_that_are_no_unicode_text_are_kept_all_the_same(tmp_path: Path) -> None:
    odd = msgspec.structs.replace(opening("01A"), model="\ud800")
    store = RecordStore(tmp_path / "record.db", None, 30_000)
    store.write([odd, record(facts=msgspec.structs.replace(REQUEST, model="\ud800"), exchange="01A")])
    store.close()
    with RecordReader(tmp_path / "record.db") as reader:
        found = reader.exchange("01A")
    assert found is not None
    assert found.opening.model == "?"
    assert found.decisions[0].result
    assert isinstance(parse_decision(msgspec.json.decode(found.decisions[0].result), "g1"), Decision)
