"""Intervals have a number, or a reason why not: never a wrong one."""

import pytest

from guard.metering.energy.interval import Interval, Intervals, Limits, Sample, Void
from tests.metering.energy.scene import sample

LIMITS = Limits(least_s=10, gap_s=40, gpu_watts=1000)


def told(*samples: Sample | None, limits: Limits = LIMITS) -> list[Interval]:
    intervals = Intervals(limits)
    found: list[Interval] = []
    for one in samples:
        if one is None:
            intervals.miss()
        elif (ended := intervals.take(one)) is not None:
            found.append(ended)
    return found


REASONS = [
    # what happens between two good samples, what is read, why there is no number
    ("nothing", (sample(5, 400),), None),
    ("a reading is lost", (None,), Void.GAP),
    ("nobody reads for too long", (sample(55, 900),), Void.GAP),
    ("a counter begins anew", (sample(5, 3),), Void.RESET),
    ("a counter begins anew and is past its old value", (sample(4, 3), sample(8, 700)), Void.RESET),
    ("a counter jumps", (sample(5, 6_000_000),), Void.IMPLAUSIBLE),
    ("a GPU comes", (sample(5, 400, 7),), Void.CHANGED),
    ("a GPU leaves and comes back", (Sample(5, 5000, {}),), Void.CHANGED),
]


@pytest.mark.parametrize(("between", "void"), [row[1:] for row in REASONS], ids=[row[0] for row in REASONS])
def test_what_leaves_no_number(between: tuple[Sample | None, ...], void: Void | None) -> None:
    late = max([10.0, *(one.at_s + 5 for one in between if one is not None)])
    found = told(sample(0, 100), *between, sample(late, 7_000_000 if void is Void.IMPLAUSIBLE else 1000))

    assert [one.void for one in found if one.void is not None] == ([] if void is None else [void])
    assert all((one.energy_mj is None) == (one.void is not None) for one in found)


def test_energy_is_the_sum_of_what_the_gpus_took() -> None:
    assert told(sample(0, 100, 5000), sample(10, 400, 5600))[0].energy_mj == 900


def test_a_fault_ends_with_its_interval() -> None:
    found = told(sample(0, 100), None, sample(10, 200), sample(20, 300))

    assert [(one.energy_mj, one.void) for one in found] == [(None, Void.GAP), (100, None)]


def test_intervals_leave_no_hole() -> None:
    found = told(*(sample(3.0 * step, 100 * step) for step in range(40)))

    assert len(found) == 9
    assert all(one.until_s == two.since_s for one, two in zip(found, found[1:], strict=False))
    assert all(one.seconds >= 10 for one in found)


def test_a_page_that_was_collected_before_is_no_new_one() -> None:
    """The exporter collects every 30 s: the counter stands still between."""
    readings = [sample(float(at), 1000 * (at // 30)) for at in range(0, 150, 1)]
    found = told(*readings)

    assert [one.energy_mj for one in found] == [1000, 1000, 1000, 1000]
    assert [one.until_s for one in found] == [29.5, 59.5, 89.5, 119.5]


def test_an_exporter_that_is_read_too_rarely_for_how_it_collects_gives_no_number() -> None:
    readings = [sample(float(at), 1000 * (at // 20)) for at in range(0, 100, 8)]

    assert {one.void for one in told(*readings)} == {Void.STALE}


@pytest.mark.parametrize(("at_s", "ends"), [(1.9, False), (2.1, True), (10.5, True)])
def test_the_last_interval_may_be_short_but_not_too_short(at_s: float, ends: bool) -> None:
    intervals = Intervals(LIMITS)
    intervals.take(sample(0, 0))

    assert (intervals.take(sample(at_s, 400), last=True) is not None) is ends
