"""An interval waits for those that worked in it; what does not fit its bounds has no number."""

from guard.core.usage import Usage
from guard.core.work import Work
from guard.metering.energy.idle import Baseline
from guard.metering.energy.interval import Interval, Void
from guard.metering.energy.pool import Pool
from guard.metering.energy.rated import RatedPool
from guard.metering.energy.result import Origin, Settled
from guard.metering.energy.weight import Rate, Weights
from tests.metering.energy.scene import FLAT, interval, work

ORIGIN = Origin("p", "dcgm", "flat")
TEN = Usage(completion=10)


def pool(baseline: Baseline | None = None, most: int = 100, weights: Weights = FLAT) -> Pool:
    return Pool(ORIGIN, weights, baseline or Baseline(configured_w=1.0), settle_s=60, most=most)


def outcomes(settled: list[Settled]) -> dict[str, tuple[int | None, Void | None]]:
    return {one.exchange: (one.energy_mj, one.void) for part in settled for one in part.exchanges}


def test_an_exchange_has_its_part_of_every_interval_that_it_spans() -> None:
    books = pool(Baseline(configured_w=0.0))
    books.put(interval(0, 10, 1000))
    books.put(interval(10, 20, 500))
    books.add(work("a", 1, 5, 15, TEN))

    assert outcomes(list(books.settle((), 20))) == {"a": (1500, None)}


def test_an_interval_waits_for_who_still_runs_in_it() -> None:
    books = pool()
    books.put(interval(0, 10, 100_000))

    assert not books.settle([9.0], 20)
    assert [one.interval.void for one in books.settle([10.0], 20)] == [None]


def test_who_runs_for_too_long_leaves_no_number_to_anybody_in_the_interval() -> None:
    books = pool()
    books.put(interval(0, 10, 100_000))
    books.add(work("quick", 1, 2, 3, TEN))
    settled = list(books.settle([5.0], 71))

    assert [(one.interval.void, one.interval.energy_mj) for one in settled] == [(Void.RUNNING, 100_000)]
    assert outcomes(settled) == {"quick": (None, Void.RUNNING)}
    books.put(interval(10, 80, 100_000))
    books.add(work("slow", 5, 6, 75, TEN))
    assert outcomes(list(books.settle((), 80))) == {"slow": (None, Void.RUNNING)}


def test_one_interval_without_a_number_leaves_none_to_who_spans_it() -> None:
    books = pool()
    books.put(interval(0, 10, 100_000))
    books.put(Interval(10, 20, 10_000, 20_000, None, Void.RESET))
    books.add(work("spans", 1, 5, 15, TEN))
    books.add(work("before", 1, 5, 9, TEN))

    assert outcomes(list(books.settle((), 20))) == {"spans": (None, Void.RESET), "before": (60_000, None)}


def test_what_began_before_anything_was_measured_has_no_number() -> None:
    books = pool()
    books.put(interval(10, 20, 100_000))
    books.add(work("early", 5, 11, 15, TEN))

    assert outcomes(list(books.settle((), 20))) == {"early": (None, Void.GAP)}


def test_idle_power_is_learnt_from_intervals_without_work() -> None:
    books = pool(Baseline())
    books.put(interval(0, 10, 500_000))
    books.add(work("first", 1, 2, 3, TEN))
    for step, energy in enumerate((99_000, 100_000, 102_000), start=1):
        books.put(interval(10 * step, 10 * step + 10, energy))
    books.put(interval(40, 50, 300_000))
    books.add(work("second", 41, 42, 43, TEN))

    assert outcomes(list(books.settle((), 50))) == {"first": (None, Void.IDLE_UNKNOWN), "second": (200_000, None)}


def test_what_is_small_against_the_wavering_of_idle_power_has_no_number() -> None:
    books = pool(Baseline(configured_w=100.0))
    books.put(interval(0, 10, 1_010_000))
    books.add(work("a", 1, 2, 3, TEN))

    assert outcomes(list(books.settle((), 10))) == {"a": (None, Void.DOUBTFUL)}


def test_more_exchanges_than_are_kept_leave_their_intervals_without_a_number() -> None:
    books = pool(most=1)
    books.put(interval(0, 10, 100_000))
    books.put(interval(10, 20, 100_000))
    for name in ("kept", "lost"):
        books.add(work(name, 1, 2, 3, TEN))

    assert [one.interval.void for one in books.settle((), 20)] == [Void.OVERFLOW, None]


def test_groups_sum_to_what_work_took_and_count_each_exchange_once() -> None:
    books = pool(Baseline(configured_w=0.0))
    books.put(interval(0, 10, 60_000))
    books.put(interval(10, 20, 40_000))
    works: list[Work] = [
        work("a", 1, 5, 15, TEN, cost_nanousd=70),
        work("b", 2, 5, 15, TEN, tenant="globex"),
        work("c", 2, 3, 4, TEN, cost_nanousd=7),
    ]
    for one in works:
        books.add(one)
    settled = books.settle((), 20)
    groups = [group for part in settled for group in part.groups]

    assert round(sum(group.energy_mj or 0 for group in groups)) == 100_000
    assert sum(group.exchanges for group in groups) == 3
    assert sum(group.cost_nanousd for group in groups) == 77
    assert {group.tenant: group.unpriced for group in settled[1].groups} == {"acme": 0, "globex": 1}


def test_configured_joules_are_by_model_and_an_unknown_model_has_none() -> None:
    books = RatedPool(Origin("p", "configured", ""), (Rate(1.0, 0.5, 2.0, ("large",)),))
    books.settle(0.0, 0)
    books.add(work("known", 1, 2, 3, Usage(prompt=10, cached=4, completion=3), model="large"))
    books.add(work("unknown", 1, 2, 3, TEN, model="other"))
    settled = list(books.settle(10.0, 10_000))

    assert outcomes(settled) == {"known": (14_000, None), "unknown": (None, Void.UNMETERED)}
    assert (settled[0].interval.energy_mj, settled[0].interval.idle_mj) == (14_000, None)
    assert {group.model: group.energy_mj for group in settled[0].groups} == {"large": 14_000, "other": None}


def test_who_still_waits_at_the_end_has_no_number_and_a_reason() -> None:
    books = pool(Baseline(configured_w=0.0))
    books.put(interval(0, 10, 1000))
    books.add(work("spans", 1, 5, 15, TEN))
    books.add(work("before", 1, 5, 9, TEN))

    assert outcomes(list(books.settle((), 20))) == {"before": (667, None)}
    left = books.leave(20_000)
    assert [(one.exchange, one.energy_mj, one.void, one.ended_ms) for one in left] == [("spans", None, "gap", 20_000)]
    assert not books.leave(20_000)
