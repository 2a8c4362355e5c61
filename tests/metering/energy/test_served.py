"""A real HTTP server speaks as DCGM-exporter does; the meter reads it, keeps results, and reports them."""

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from benchmarks.energy_run import books, lines
from benchmarks.energy_trace import START_MS, Plan, generate
from guard.core.entry import ExchangeEnergy
from guard.core.usage import Usage
from guard.core.work import Work
from guard.errors import EnergyError
from guard.metering.energy.idle import Baseline
from guard.metering.energy.interval import Limits, Sample
from guard.metering.energy.meter import Measured, Meter, PoolPlan
from guard.metering.energy.own import OwnMeter
from guard.metering.energy.pool import Pool
from guard.metering.energy.rated import RatedPool
from guard.metering.energy.report import EnergyBook
from guard.metering.energy.result import Origin
from guard.metering.energy.source import DcgmSource
from guard.metering.energy.store import EnergyStore
from guard.metering.energy.weight import DEFAULT, Rate
from guard.upstream.client import open_transport
from guard.upstream.scrape import MOST_BYTES, Scraper
from tests.metering.energy.exporter import Exporter, page
from tests.metering.energy.scene import FLAT

FAR_MS = 1 << 50


async def test_a_trace_that_is_served_by_http_gives_the_numbers_that_it_gives_without() -> None:
    trace = generate(Plan(seed=8, hours=0.7, busy=0.7, gaps=0))
    answers: list[str | int] = [503 if one is None else page(one.counters_mj) for _, one in trace.samples]
    scraper = Scraper(open_transport(None), 10.0)
    read: list[tuple[float, Sample | None]] = []
    with Exporter(lambda number: answers[number]) as exporter:
        source = DcgmSource((exporter.url,), None, scraper.get)
        for at, _ in trace.samples:
            try:
                counters = await source.read()
            except EnergyError:
                read.append((at, None))
            else:
                read.append((at, Sample(at, START_MS + round(at * 1000), counters)))
    await scraper.aclose()
    served = msgspec.structs.replace(trace, samples=read)

    assert {line.name: line.claimed_mj for line in lines(served, books(served, DEFAULT))} == {
        line.name: line.claimed_mj for line in lines(trace, books(trace, DEFAULT))
    }


def store_in(path: Path) -> EnergyStore:
    return EnergyStore(path, "run", 90)


def nobody(_told: Sequence[ExchangeEnergy]) -> None:
    """Does not listen."""


def measured(url: str, scraper: Scraper, backends: frozenset[str]) -> PoolPlan:
    origin = Origin("p", "dcgm", "flat")
    books = Pool(origin, FLAT, Baseline(configured_w=0.0), settle_s=60)
    source = DcgmSource((url,), frozenset({"GPU-0"}), scraper.get)
    return PoolPlan(origin, backends, 0.01, Measured(books, source, Limits(least_s=0.0, gpu_watts=1e12)))


def worked(exchange: str, backend: str, asked_s: float, ended_s: float) -> Work:
    usage = Usage(prompt=10, completion=90)
    return Work(exchange, backend, "m", "free", "acme", usage, asked_s, asked_s, ended_s, True, 5_000_000)


async def test_what_was_metered_is_kept_and_reported(tmp_path: Path) -> None:
    path, scraper = tmp_path / "energy.db", Scraper(open_transport(None), 10.0)
    rated_origin = Origin("q", "configured", "")
    rated = PoolPlan(rated_origin, frozenset({"c"}), 0.01, RatedPool(rated_origin, (Rate(1.0, 0.0, 2.0),)))
    with Exporter(lambda number: page({"GPU-0": 1000 * number, "GPU-other": 5})) as exporter:
        plan = measured(exporter.url, scraper, frozenset({"b"}))
        told: list[ExchangeEnergy] = []
        meter = Meter([plan, rated], OwnMeter(10.0), lambda: store_in(path), told.extend, 0.01)
        async with meter.running():
            await asyncio.to_thread(exporter.wait, 3)
            begun = time.monotonic()
            for exchange, backend in (("a", "b"), ("r", "c"), ("nobody's", "elsewhere")):
                meter.asked(exchange, backend, begun)
            await asyncio.to_thread(exporter.wait, 6)
            for exchange, backend in (("a", "b"), ("r", "c"), ("nobody's", "elsewhere")):
                meter.note(worked(exchange, backend, begun, time.monotonic()))
            await asyncio.to_thread(exporter.wait, 9)
        total = 1000 * (exporter.requests - 1)
    await scraper.aclose()
    report = EnergyBook(path).report(0, FAR_MS, ("pool", "tenant"))
    pools = {line.pool: line for line in report.pools}
    found = {line.key: line for line in report.lines}

    assert pools["p"].energy_mj == total
    assert pools["p"].methods == ("dcgm",)
    assert (pools["q"].energy_mj, pools["q"].methods) == (10_000 + 180_000, ("configured",))
    assert pools["guard"].energy_mj >= 0
    assert found[("p", "acme")].exchanges == found[("q", "acme")].exchanges == 1
    assert found[("p", "acme")].energy_mj == pytest.approx(total - pools["p"].idle_mj, abs=20)
    assert found[("q", "acme")].tokens_per_joule == pytest.approx(100 / 190)
    assert found[("q", "acme")].revenue_usd_per_kwh == pytest.approx(0.005 / (190 / 3.6e6))
    assert sorted((one.exchange, one.pool, one.method, one.weights, one.void) for one in told) == [
        ("a", "p", "dcgm", "flat", ""),
        ("r", "q", "configured", "", ""),
    ]
    energies = {one.exchange: one.energy_mj for one in told}
    assert energies == {"a": found[("p", "acme")].energy_mj, "r": 190_000}
    assert meter.figures().pools[0].work_mj == pytest.approx(energies["a"], abs=20)


async def test_an_exporter_that_fails_is_a_gap_and_no_trouble(tmp_path: Path) -> None:
    path, scraper = tmp_path / "energy.db", Scraper(open_transport(None), 10.0)
    with Exporter(lambda number: 500 if number == 3 else page({"GPU-0": 1000 * number})) as exporter:
        plan = measured(exporter.url, scraper, frozenset({"b"}))
        meter = Meter([plan], OwnMeter(None, lambda: ()), lambda: store_in(path), nobody)
        async with meter.running():
            await asyncio.to_thread(exporter.wait, 8)
    await scraper.aclose()
    (pool,) = [line for line in EnergyBook(path).report(0, FAR_MS, ("model",)).pools if line.pool == "p"]

    assert pool.voids == {"gap": 1}


FILES = [
    ("another program's", ["CREATE TABLE theirs (x)"]),
    ("another program's, of a version", ["CREATE TABLE theirs (x)", "PRAGMA user_version = 1"]),
    ("a later version", ["CREATE TABLE interval (x)", "PRAGMA user_version = 99"]),
]


@pytest.mark.parametrize("statements", [row[1] for row in FILES], ids=[row[0] for row in FILES])
def test_a_file_that_is_not_ours_is_refused_and_left_alone(tmp_path: Path, statements: list[str]) -> None:
    path = tmp_path / "energy.db"
    with contextlib.closing(sqlite3.connect(path)) as db:
        for statement in statements:
            db.execute(statement)
    before = path.read_bytes()
    with pytest.raises(EnergyError, match="another version or another program"):
        store_in(path)
    assert path.read_bytes() == before


def test_a_file_of_before_goes_on_without_its_exchanges(tmp_path: Path) -> None:
    """They are in the ledger now."""
    path = tmp_path / "energy.db"
    store_in(path).close()
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.executescript("CREATE TABLE exchange_energy (x); PRAGMA user_version = 1;")
    store_in(path).close()
    with contextlib.closing(sqlite3.connect(path)) as db:
        tables = {name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    assert tables == {"interval", "share"}


async def test_a_disk_that_can_not_be_written_stops_the_start(tmp_path: Path) -> None:
    meter = Meter([], OwnMeter(None, lambda: ()), lambda: store_in(tmp_path), nobody)

    with pytest.raises(EnergyError, match="check its disk"):
        async with meter.running():
            pass


PAGES = [
    (lambda _: 404, "status 404"),
    (lambda _: "x" * (MOST_BYTES + 1), "longer than"),
    (lambda _: "<html>", "not DCGM-exporter's"),
    (lambda _: page({"GPU-1": 5}), "lacks a GPU"),
]


@pytest.mark.parametrize(("told", "says"), PAGES, ids=[says for _, says in PAGES])
async def test_a_page_that_is_none_says_why(told: object, says: str) -> None:
    scraper = Scraper(open_transport(None), 10.0)
    with Exporter(told) as exporter, pytest.raises(EnergyError, match=says):  # type: ignore[arg-type]
        await DcgmSource((exporter.url,), frozenset({"GPU-0"}), scraper.get).read()
    await scraper.aclose()


async def test_nobody_listening_is_an_error_of_energy() -> None:
    with Exporter(lambda _: 404) as exporter:
        url = exporter.url
    scraper = Scraper(open_transport(None), 10.0)
    with pytest.raises(EnergyError, match="can't be read"):
        await scraper.get(url)
    await scraper.aclose()
