"""On a real PostgreSQL: the same entries and the same chain; a server that goes away loses nothing and is told of."""

import random
from collections.abc import Iterator
from pathlib import Path

import msgspec
import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from exchanges import closing, ledger, opening

from guard.core.entry import ExchangeEnergy
from guard.core.usage import UsageSource
from guard.errors import LedgerError
from guard.metering.ledger.engine import reading_engine
from guard.metering.ledger.ledger import SqlLedger
from guard.metering.ledger.reader import LedgerReader
from guard.metering.ledger.table import METADATA
from guard.metering.ledger.verify import Verdict
from guard.metering.location import parse_location
from tests.postgres import PASSWORD, Cluster

EDITS = 40


def made(server: str, tmp_path: Path, **options: object) -> SqlLedger:
    started = ledger(None, url=server, password=PASSWORD, journal=tmp_path / "journal", **options)
    started.start()
    return started


def asked(server: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(server, password=PASSWORD) as db:
        return db.execute(query.encode()).fetchall()


def verdict(server: str) -> Verdict:
    reader = LedgerReader(server, PASSWORD)
    try:
        return reader.verify(None)
    finally:
        reader.close()


def test_entries_and_the_view_are_as_in_sqlite(server: str, tmp_path: Path) -> None:
    one = made(server, tmp_path)
    one.open(opening("01A", model="nul\x00inside \ud800"))
    one.close(closing("01A"))
    one.open(opening("01B"))
    one.stop()
    query = "SELECT exchange, state, status, prompt_tokens, first_ms, findings, model FROM exchange ORDER BY exchange"
    assert asked(server, query) == [
        ("01A", "settled", "completed", 11, 12.5, '["EMAIL_ADDRESS","URL"]', "nul\ufffdinside ?"),
        ("01B", "estimated", "failed", 0, None, "[]", "m"),
    ]
    assert verdict(server).faults == ()


def test_what_is_told_beside_entries_is_as_in_sqlite(server: str, tmp_path: Path) -> None:
    energy = ExchangeEnergy("01A", "h100", 1_700_000_000_500, 1200, 30, "", "dcgm", "h100-1")
    one = made(server, tmp_path)
    for exchange in ("01A", "01B"):
        one.open(opening(exchange))
        one.close(msgspec.structs.replace(closing(exchange), queued_ms=3.25, split_source=UsageSource.COUNTED))
    one.note_energy([energy])
    assert one.drain(30)
    one.note_energy([msgspec.structs.replace(energy, energy_mj=7)])
    one.open(opening("01C"))
    assert one.drain(30)
    columns = "exchange, queued_ms, split_source, energy_mj, energy_doubt_mj, energy_void, energy_method"
    assert asked(server, f"SELECT {columns} FROM exchange ORDER BY exchange") == [
        ("01A", 3.25, "counted", 1200, 30, "", "dcgm"),
        ("01B", 3.25, "counted", None, None, "", ""),
        ("01C", None, None, None, None, "", ""),
    ]
    one.stop()


def test_several_processes_share_a_server(server: str, tmp_path: Path) -> None:
    both = [made(server, tmp_path / name) for name in "AB"]
    for name, one in zip("AB", both, strict=True):
        one.open(opening(f"01{name}"))
        one.close(closing(f"01{name}"))
        one.stop()
    told = verdict(server)
    assert (told.shards, told.entries, told.faults) == (2, 4, ())


def test_one_key_counts_attempts_across_processes(server: str, tmp_path: Path) -> None:
    both = [made(server, tmp_path / name) for name in "AB"]
    for number in range(6):
        one = both[number % 2]
        one.open(msgspec.structs.replace(opening(f"01{number}"), idempotency="k"))
        one.close(closing(f"01{number}"))
    for one in both:
        one.stop()
    attempts = "SELECT attempt FROM exchange WHERE idempotency = 'k' ORDER BY attempt"
    assert asked(server, attempts) == [(number,) for number in range(1, 7)]
    assert verdict(server).faults == ()


@pytest.fixture
def own_cluster() -> Iterator[Cluster]:
    with Cluster() as running:
        yield running


def test_a_server_that_goes_away_loses_nothing_and_nothing_is_entered_twice(
    own_cluster: Cluster, tmp_path: Path
) -> None:
    server = own_cluster.database("outage")
    one = made(server, tmp_path)
    for number in range(50):
        one.open(opening(f"{number:03}"))
    assert one.drain(30)
    own_cluster.stop()
    for number in range(50):
        one.close(closing(f"{number:03}"))
    assert not one.drain(30)
    health = one.health()
    assert (health.healthy, health.waiting, health.lost) == (False, 50, 0)
    own_cluster.start()
    assert any(one.drain(30) for _ in range(3))
    assert one.healthy()
    one.stop()
    assert asked(server, "SELECT state, count(*) FROM entry GROUP BY state ORDER BY state") == [
        ("reserved", 50),
        ("settled", 50),
    ]
    assert verdict(server).faults == ()


def test_edits_at_random_are_all_found(server: str, tmp_path: Path) -> None:
    one = made(server, tmp_path, head_entries=10)
    for number in range(30):
        one.open(opening(f"{number:03}"))
        assert one.drain(30)
        one.close(closing(f"{number:03}"))
    one.stop()
    draw = random.Random(6)
    with psycopg.connect(server, password=PASSWORD) as db:
        columns = "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'entry'"
        kinds = db.execute(columns).fetchall()
        for _ in range(EDITS):
            (name, kind), seq = draw.choice([one for one in kinds if one[0] != "shard"]), draw.randint(1, 60)
            change = {"bigint": f"coalesce({name}, 6) + 100", "text": f"coalesce({name}, '') || 'x'"}.get(
                kind, f"set_byte({name}, 3, 255 - get_byte({name}, 3))"
            )
            db.execute(f"CREATE TABLE kept AS SELECT * FROM entry WHERE seq = {seq}".encode())
            try:
                db.execute(f"UPDATE entry SET {name} = {change} WHERE seq = {seq}".encode())
            except psycopg.errors.UniqueViolation:
                # What the database itself does not let happen.
                db.rollback()
                continue
            db.commit()
            assert verdict(server).faults, f"{name} of entry {seq} was changed and nobody saw it"
            db.execute(f"DELETE FROM entry WHERE seq > 60 OR seq = {seq}".encode())
            db.execute(b"INSERT INTO entry SELECT * FROM kept")
            db.execute(b"DROP TABLE kept")
            db.commit()
            assert not verdict(server).faults


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_migrations_make_the_tables_that_the_code_sees(
    database: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path / 'guard.db'}" if database == "sqlite" else request.getfixturevalue("server")
    one = ledger(None, url=url, password="" if database == "sqlite" else PASSWORD, journal=tmp_path / "journal")
    one.start()
    one.stop()
    with reading_engine(parse_location(url), "" if database == "sqlite" else PASSWORD).connect() as db:
        assert compare_metadata(MigrationContext.configure(db), METADATA) == []


def test_a_database_of_another_program_is_refused_and_left_alone(server: str, tmp_path: Path) -> None:
    with psycopg.connect(server, password=PASSWORD) as db:
        db.execute("CREATE TABLE theirs (x int)")
    with pytest.raises(LedgerError, match="did not make"):
        made(server, tmp_path)
    assert asked(server, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [(1,)]


def test_a_server_that_is_not_there_stops_the_boot_without_telling_the_password(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="check the server") as caught:
        made("postgresql://guard@127.0.0.1:1/guard", tmp_path)
    assert PASSWORD not in caught.value.message
