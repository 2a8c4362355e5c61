"""How long does a report of a million exchanges take?

`python -m benchmarks.usage`. A ledger with that many exchanges of forty tenants, five models, three tiers and seven
teams, each with its energy, on SQLite and on a private PostgreSQL; then reports of all of them, by what finance and
operators ask for. CPU is this process's own: on PostgreSQL the server's is beside it. Entries are not chained, which no
report reads.
"""

import itertools
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec
from sqlalchemy import Engine, insert

from benchmarks.place import place
from benchmarks.report import RESULTS, table, write
from guard.core.entry import Closing, Opening, Status
from guard.core.usage import Usage, UsageSource
from guard.metering.ledger.engine import writing_engine
from guard.metering.ledger.reader import LedgerReader
from guard.metering.ledger.row import COLUMNS, Opened, Row, final_row, reserved_row
from guard.metering.ledger.schema import upgrade
from guard.metering.ledger.table import ENERGY, ENTRY
from guard.metering.location import parse_location
from guard.metering.report.book import UsageBook
from guard.metering.report.dimension import parse_dimensions, parse_filters
from guard.metering.report.statement import Question

QUESTION: Final = __doc__.splitlines()[0]
EXCHANGES: Final = 1_000_000
START_MS: Final = 1_793_491_200_000
MONTH_MS: Final = 30 * 86_400_000
_BATCH: Final = 20_000
ASKED: Final = (
    ("total", "", ()),
    ("tenant, model, tier", "tenant,model,tier", ()),
    ("day, tenant", "day,tenant", ()),
    ("label:team, month", "label:team,month", ()),
    ("model of one tenant", "model", ("tenant=tenant3",)),
)
"""What lines are for, the dimensions, the filters."""


class Timing(msgspec.Struct, frozen=True):
    """One report. Seconds."""

    database: str
    by: str
    lines: int
    wall_s: float
    cpu_s: float


class Result(msgspec.Struct, frozen=True):
    """All of them."""

    timings: tuple[Timing, ...]


def rows(count: int) -> Iterator[tuple[Row, Row, tuple[str, int]]]:
    """Of each exchange its two entries, and its id with its energy."""
    rng = random.Random(1)
    for number in range(count):
        exchange = f"01USAGE{number:019}"
        opening = Opening(
            exchange=exchange,
            tenant=f"tenant{int(rng.paretovariate(1.2)) % 40}",
            key=f"key{number % 3}",
            tier=("free", "mid", "premium")[number % 3],
            dialect="openai.chat",
            model=f"model{number % 5}",
            backend="b",
            stream=True,
            started_ms=START_MS + number * MONTH_MS // count,
        )
        closing = Closing(
            exchange=exchange,
            status=Status.COMPLETED if number % 9 else Status.ABORTED,
            reason="",
            usage=Usage(rng.randrange(2000), 10, rng.randrange(900), 3, 0, 0, 0),
            source=UsageSource.PROVIDER,
            withheld=0,
            first_ms=rng.lognormvariate(5, 1),
            total_ms=rng.lognormvariate(8, 1),
            cost_nanousd=rng.randrange(10**7) if number % 50 else None,
            price_version="v1",
            labels={"team": f"team{number % 7}"},
        )
        opened = Opened(opening, 1)
        first = reserved_row("shard", 2 * number, f"01ENTRY{2 * number:019}", opened)
        last = final_row("shard", 2 * number + 1, f"01ENTRY{2 * number + 1:019}", opened, closing)
        yield first, last, (exchange, rng.randrange(10**6))


def fill(engine: Engine, count: int) -> None:
    """Enters them."""
    names, found = (*COLUMNS, "hash"), rows(count)
    while some := list(itertools.islice(found, _BATCH)):
        entries = [dict(zip(names, (*row, b""), strict=True)) for first, last, _ in some for row in (first, last)]
        energy = {"pool": "p", "ended_ms": 0, "doubt_mj": 0, "void": "", "method": "dcgm", "weights": "w"}
        with engine.begin() as db:
            db.execute(insert(ENTRY), entries)
            db.execute(insert(ENERGY), [{"exchange": one, "energy_mj": mj, **energy} for _, _, (one, mj) in some])


def timings(database: str, url: str, password: str = "") -> Iterator[Timing]:
    """Each report once, behind one that is not counted."""
    location = parse_location(url)
    engine = writing_engine(location, password, 1_000)
    upgrade(engine, location)
    fill(engine, EXCHANGES)
    engine.dispose()
    reader = LedgerReader(url, password)
    book = UsageBook(reader)
    for name, by, where in (ASKED[0], *ASKED):
        question = Question(START_MS, START_MS + MONTH_MS, parse_dimensions(by), parse_filters(where))
        wall, cpu = time.perf_counter(), time.process_time()
        report = book.report(question)
        yield Timing(database, name, len(report.lines), time.perf_counter() - wall, time.process_time() - cpu)
    reader.close()


def main() -> None:
    """Prints and keeps what was measured."""
    # The cluster is the tests': one way to find PostgreSQL.
    from tests.postgres import PASSWORD, Cluster

    where = place()
    with tempfile.TemporaryDirectory() as folder:
        found = list(timings("SQLite", f"sqlite:///{Path(folder) / 'guard.db'}"))[1:]
    with Cluster() as cluster:
        found += list(timings("PostgreSQL", cluster.database("usage"), PASSWORD))[1:]
    write(RESULTS, "usage", Result(tuple(found)), QUESTION, where, show(found))


def show(found: Sequence[Timing]) -> str:
    """A table."""
    return table(
        ("database", "by", "lines", "seconds", "of them CPU here"),
        [(one.database, one.by, f"{one.lines:,}", f"{one.wall_s:.1f}", f"{one.cpu_s:.1f}") for one in found],
    )


if __name__ == "__main__":
    main()
