"""What the ledger comes to, on SQLite and on a real PostgreSQL: sums by anything, exact, and nothing twice."""

import random
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from guard.core.entry import Status
from guard.core.usage import Usage, UsageSource
from guard.errors import ReportTooLarge
from guard.metering.ledger.engine import writing_engine
from guard.metering.ledger.table import ENERGY
from guard.metering.location import parse_location
from guard.metering.report.figures import Quantiles, UsageFigures
from tests.metering.report.scene import HOUR_MS, NOON_MS, lines, opened, question, write
from tests.postgres import PASSWORD

DAY_MS = 24 * HOUR_MS
Place = tuple[str, str]


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """URL and password of an empty ledger."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'guard.db'}", ""
    return request.getfixturevalue("server"), PASSWORD


def entered(place: Place, tmp_path: Path, *exchanges: dict[str, Any]) -> Place:
    write(place[0], tmp_path / "journal", exchanges, place[1])
    return place


def test_sums_are_those_of_the_rows_by_whatever_is_asked(place: Place, tmp_path: Path) -> None:
    rng = random.Random(3)
    rows = [
        {
            "tenant": rng.choice(["acme", "other", "ünïcode 'quoted'"]),
            "key": rng.choice(["a", "b"]),
            "tier": rng.choice(["free", "mid"]),
            "model": rng.choice(["m", "n"]),
            "backend": rng.choice(["one", "two"]),
            "status": rng.choice([one for one in Status if one is not Status.OPEN]),
            "reason": rng.choice(["", "budget"]),
            "price_version": rng.choice(["v1", "v2"]),
            "labels": rng.choice([{}, {"team": "x"}, {"team": "y", "2": "z"}]),
            "usage": Usage(prompt=rng.randrange(1000), completion=rng.randrange(1000)),
            "cost_nanousd": rng.choice([None, rng.randrange(10**12)]),
        }
        for _ in range(120)
    ]
    entered(place, tmp_path, *rows)
    names = ("tenant", "key", "tier", "model", "backend", "status", "reason", "price_version")

    def told(row: dict[str, Any], by: str) -> str | None:
        value = row["labels"].get(by.removeprefix("label:")) if by.startswith("label:") else row[by]
        return value.value if isinstance(value, Status) else value

    with opened(*place) as book:
        for by in [*names, "label:team", "label:2", "label:nobody", "tenant,label:team", "model,tier,key"]:
            report = book.report(question(by))
            keys = [tuple(told(row, one) for one in by.split(",")) for row in rows]
            for key, line in lines(report, "exchanges", "prompt_tokens", "cost_nanousd", "unpriced").items():
                of = [row for row, its in zip(rows, keys, strict=True) if its == key]
                priced = [row["cost_nanousd"] for row in of if row["cost_nanousd"] is not None]
                prompts = sum(row["usage"].prompt for row in of)
                assert line == (len(of), prompts, sum(priced) if priced else None, len(of) - len(priced)), (by, key)
            assert len(report.lines) == len(set(keys))
            assert report.total.exchanges == len(rows)
            assert report.total.cost_nanousd == sum(row["cost_nanousd"] or 0 for row in rows)


def test_what_became_of_exchanges_is_counted(place: Place, tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"status": Status.BLOCKED},
        {"status": Status.ABORTED},
        {"status": Status.FAILED},
        {"source": UsageSource.ESTIMATED},
        {"source": UsageSource.COUNTED, "idempotency": "same"},
        {"idempotency": "same"},
        {"state": "open"},
    ]
    entered(place, tmp_path, *rows)
    with opened(*place) as book:
        report = book.report(question())
    total = report.total
    assert (total.exchanges, report.open) == (6, 1)
    assert (total.completed, total.blocked, total.aborted, total.failed) == (3, 1, 1, 1)
    assert (total.estimated, total.retries) == (1, 1)
    assert report.lines[0].key == {}


def test_nobody_knows_is_not_zero_and_no_price_is_not_free(place: Place, tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"model": "none", "usage": Usage(prompt=1), "cost_nanousd": None},
        {"model": "none", "usage": Usage(prompt=2), "cost_nanousd": None},
        {"model": "zero", "usage": Usage(prompt=1, completion=0, reasoning=0), "cost_nanousd": 0},
        {"model": "some", "usage": Usage(prompt=1), "cost_nanousd": None},
        {"model": "some", "usage": Usage(prompt=1, completion=5), "cost_nanousd": 7},
    ]
    entered(place, tmp_path, *rows)
    with opened(*place) as book:
        report = book.report(question("model"))
    assert lines(report, "completion_tokens", "reasoning_tokens", "cost_nanousd", "unpriced") == {
        ("none",): (None, None, None, 2),
        ("zero",): (0, 0, 0, 0),
        ("some",): (5, None, 7, 1),
    }


def test_a_time_has_its_beginning_and_not_its_end(place: Place, tmp_path: Path) -> None:
    moments = [NOON_MS - 1, NOON_MS, NOON_MS + HOUR_MS - 1, NOON_MS + HOUR_MS]
    entered(place, tmp_path, *({"at_ms": at_ms, "key": str(at_ms)} for at_ms in moments))
    with opened(*place) as book:
        report = book.report(question("key", since_ms=NOON_MS, until_ms=NOON_MS + HOUR_MS))
        nothing = book.report(question("key", since_ms=NOON_MS + DAY_MS, until_ms=NOON_MS + 2 * DAY_MS))
    assert list(lines(report, "exchanges")) == [(str(moments[1]),), (str(moments[2]),)]
    assert (nothing.lines, nothing.total) == ((), UsageFigures())


def test_hours_days_and_months_are_utcs(place: Place, tmp_path: Path) -> None:
    midnight = NOON_MS + 12 * HOUR_MS
    entered(place, tmp_path, {"at_ms": midnight - 1}, {"at_ms": midnight}, {"at_ms": midnight + HOUR_MS})
    with opened(*place) as book:
        told = {by: list(lines(book.report(question(by, until_ms=NOON_MS * 2)), "exchanges").items())
                for by in ("hour", "day", "month")}  # fmt: skip
    assert told == {
        "hour": [(("2026-11-30T23",), 1), (("2026-12-01T00",), 1), (("2026-12-01T01",), 1)],
        "day": [(("2026-11-30",), 1), (("2026-12-01",), 2)],
        "month": [(("2026-11",), 1), (("2026-12",), 2)],
    }


def test_filters_hold_together(place: Place, tmp_path: Path) -> None:
    rows = [
        {"tenant": tenant, "labels": labels, "at_ms": at_ms}
        for tenant in ("acme", "other", "' OR 1=1 --")
        for labels in ({}, {"team": "x"}, {"team": "y"})
        for at_ms in (NOON_MS, NOON_MS - DAY_MS)
    ]
    entered(place, tmp_path, *rows)
    with opened(*place) as book:

        def found(*where: str) -> int:
            return book.report(question("tenant", *where)).total.exchanges

        assert found() == len(rows)
        assert found("tenant=acme") == 6
        assert found("tenant=acme", "label:team=x") == 2
        assert found("tenant=acme", "label:team=x", "day=2026-11-29") == 1
        assert found("tenant=' OR 1=1 --") == 6
        assert found("tenant=acme", "tenant=other") == 0


def test_counts_that_only_a_broken_backend_would_give_still_add_up(place: Place, tmp_path: Path) -> None:
    most = (1 << 63) - 1
    entered(place, tmp_path, *({"cost_nanousd": most, "usage": Usage(prompt=most, completion=most)} for _ in range(3)))
    engine = writing_engine(parse_location(place[0]), place[1], 1_000)
    with engine.begin() as db:
        told = {"pool": "p", "ended_ms": 0, "doubt_mj": 0, "void": "", "method": "dcgm", "weights": "w"}
        db.execute(insert(ENERGY), [{"exchange": f"01X{n:04}", "energy_mj": most, **told} for n in range(3)])
    engine.dispose()
    with opened(*place) as book:
        total = book.report(question()).total
    assert (total.cost_nanousd, total.prompt_tokens, total.completion_tokens) == (3 * most, 3 * most, 3 * most)
    assert (total.energy_mj, total.energy_tokens, total.tokens_per_joule) == (3 * most, 6 * most, 2_000)


def test_quantiles_are_within_their_step(place: Place, tmp_path: Path) -> None:
    rng = random.Random(4)
    firsts = [rng.lognormvariate(5, 1.5) for _ in range(200)]
    rows: list[dict[str, Any]] = [{"first_ms": first, "model": "m" if n % 2 else "n"} for n, first in enumerate(firsts)]
    entered(place, tmp_path, *rows, {"first_ms": None, "model": "none"})
    with opened(*place) as book:
        report = book.report(question("model"))
    firsts.sort()
    told = report.total.first_ms
    assert told is not None
    for quantile, exact in ((told.p50, firsts[99]), (told.p95, firsts[189]), (told.p99, firsts[197])):
        assert quantile == pytest.approx(exact, rel=0.065)
    assert lines(report, "first_ms")["none",] is None
    assert report.total.total_ms == Quantiles(*[pytest.approx(100.0, rel=0.065)] * 3)


def test_a_report_is_bounded_in_lines(place: Place, tmp_path: Path) -> None:
    entered(place, tmp_path, *({"model": f"m{number}"} for number in range(4)))
    with opened(*place, lines=3) as book:
        with pytest.raises(ReportTooLarge, match="more than 3 lines"):
            book.report(question("model"))
        assert book.report(question("tenant")).total.exchanges == 4


def test_a_report_is_bounded_in_time_and_the_next_one_is_not_hurt(place: Place, tmp_path: Path) -> None:
    entered(place, tmp_path, *({"model": f"m{number}"} for number in range(1_000)))
    with opened(*place, seconds=0) as book, pytest.raises(ReportTooLarge, match="shorter time"):
        book.report(question("model"))
    with opened(*place) as book:
        assert book.report(question("model")).total.exchanges == 1_000


def test_who_leaves_ends_a_report(tmp_path: Path) -> None:
    place = entered((f"sqlite:///{tmp_path / 'guard.db'}", ""), tmp_path, *({} for _ in range(1_000)))
    with opened(*place, leave=lambda: True) as book, pytest.raises(ReportTooLarge):
        book.report(question())


def test_energy_is_of_those_whose_energy_is_known(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'guard.db'}"
    rows = [{"model": "known"}, {"model": "known"}, {"model": "void"}, {"model": "unknown"}]
    write(url, tmp_path / "journal", rows)
    with closing(sqlite3.connect(tmp_path / "guard.db")) as db:
        insert = "INSERT INTO energy VALUES (?, 'p', 0, ?, 0, ?, 'dcgm', 'w')"
        db.executemany(insert, [("01X0000", 2_000, ""), ("01X0001", 3_000, ""), ("01X0002", None, "gap")])
        db.commit()
    with opened(url) as book:
        report = book.report(question("model"))
    assert lines(report, "energy_mj", "energy_exchanges", "tokens_per_joule") == {
        ("known",): (5_000, 2, 44.0),
        ("void",): (None, 0, None),
        ("unknown",): (None, 0, None),
    }
    assert (report.total.energy_mj, report.total.tokens_per_joule) == (5_000, 44.0)


def test_how_figures_are_known_is_told(place: Place, tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"split_source": UsageSource.COUNTED},
        {"source": UsageSource.ESTIMATED, "cost_nanousd": None},
        {"cost_nanousd": 0},
    ]
    entered(place, tmp_path, *rows)
    with opened(*place) as book:
        told = {
            by: set(lines(book.report(question(by)), "exchanges").items())
            for by in ("usage_source", "split_source", "cost_state", "energy_method")
        }
    assert told == {
        "usage_source": {(("provider",), 2), (("estimated",), 1)},
        "split_source": {(("counted",), 1), (("",), 2)},
        "cost_state": {(("rated",), 1), (("unpriced",), 1), (("free",), 1)},
        "energy_method": {(("",), 3)},
    }
