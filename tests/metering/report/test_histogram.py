"""The database's steps are Python's, and a quantile is told from them."""

import random
import sqlite3

import pytest

from guard.metering.report.figures import Quantiles
from guard.metering.report.histogram import EDGES_MS, quantiles, step_of, step_sql


def test_the_database_finds_the_same_step() -> None:
    rng = random.Random(1)
    times = [
        0.0,
        *EDGES_MS,
        *(edge * 1.0001 for edge in EDGES_MS),
        *(rng.lognormvariate(5, 3) for _ in range(1000)),
        1e9,
    ]
    db = sqlite3.connect(":memory:")
    asked = f"SELECT {step_sql('ms')} FROM (SELECT ? AS ms)"
    assert [db.execute(asked, (ms,)).fetchone()[0] for ms in times] == [step_of(ms) for ms in times]


@pytest.mark.parametrize(
    ("times", "told"),
    [
        ([], None),
        ([5.0] * 100, Quantiles(4.73, 4.73, 4.73)),
        ([5.0] * 50 + [50.0] * 45 + [500.0] * 5, Quantiles(4.73, 47.3, 473.0)),
        ([5.0] * 49 + [50.0] * 51, Quantiles(47.3, 47.3, 47.3)),
        ([0.2, 0.3], Quantiles(1.0, 1.0, 1.0)),
        ([1e12], Quantiles(1e7, 1e7, 1e7)),
    ],
)
def test_a_quantile_is_the_middle_of_its_step(times: list[float], told: Quantiles | None) -> None:
    counts: dict[int, int] = {}
    for ms in times:
        counts[step_of(ms)] = counts.get(step_of(ms), 0) + 1
    assert quantiles(counts) == told
