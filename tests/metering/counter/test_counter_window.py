"""A sliding window never holds more than its limit, wherever it is laid."""

from hypothesis import given
from hypothesis import strategies as st

from guard.core.counter import Claim
from guard.metering.counter.memory import MemoryCounters

MINUTE = 60_000
STEPS = st.lists(st.tuples(st.integers(0, 20_000), st.integers(1, 6)), max_size=60)


class Clock:
    def __init__(self) -> None:
        self.ms = 5_000_017

    def __call__(self) -> int:
        return self.ms


def claim(amount: int = 1, limit: int = 10, key: str = "c", window_ms: int = MINUTE) -> Claim:
    return Claim(key, amount, limit, window_ms)


@given(STEPS)
def test_no_window_of_a_minute_holds_more_than_the_limit(steps: list[tuple[int, int]]) -> None:
    clock = Clock()
    counters, granted = MemoryCounters(clock), []
    for pause, amount in steps:
        clock.ms += pause
        if counters.take_now([claim(amount)], "x").taken:
            granted.append((clock.ms, amount))

    for begin, _ in granted:
        assert sum(amount for at, amount in granted if begin <= at < begin + MINUTE) <= 10


@given(STEPS)
def test_a_claim_fits_once_its_wait_is_over_and_not_before(steps: list[tuple[int, int]]) -> None:
    clock = Clock()
    counters = MemoryCounters(clock)
    for pause, amount in steps:
        clock.ms += pause
        said = counters.take_now([claim(amount)], "x")
        if said.taken:
            continue
        wait = said.standings[0].wait_ms
        clock.ms += wait - 1
        assert not counters.take_now([claim(amount)], "x").taken
        clock.ms += 1
        assert counters.take_now([claim(amount)], "x").taken


def test_of_several_claims_all_are_taken_or_none() -> None:
    counters = MemoryCounters(Clock())
    wide, tight = claim(5, key="wide"), claim(5, 4, key="tight")

    assert not counters.take_now([wide, tight], "x").taken
    assert counters.take_now([wide], "x").standings[0].used == 5


def test_what_was_too_much_is_given_back_and_what_was_too_little_is_added() -> None:
    clock = Clock()
    counters = MemoryCounters(clock)
    less, more = counters.take_now([claim(6)], "x"), counters.take_now([claim(4)], "y")
    counters.correct(claim(6), less, 1)
    counters.correct(claim(4), more, 7)

    assert counters.take_now([claim(2)], "z").standings[0].used == 10
    clock.ms += 2 * MINUTE
    counters.correct(claim(4), more, 1)  # what is given back late comes too late
    assert counters.take_now([claim(1)], "z").standings[0].used == 1


def test_a_lease_is_held_until_it_is_given_back() -> None:
    counters, lease = MemoryCounters(Clock()), Claim("busy", 1, 2)

    assert [counters.take_now([lease], name).taken for name in ("a", "b", "c")] == [True, True, False]
    counters.release(lease, "a")
    counters.release(lease, "a")
    assert [counters.take_now([lease], name).taken for name in ("c", "d")] == [True, False]


def test_counters_that_count_nothing_are_forgotten() -> None:
    clock = Clock()
    counters = MemoryCounters(clock)
    for index in range(10_000):
        counters.take_now([claim(key=str(index))], "x")
        clock.ms += 100

    assert len(counters._windows) < 6_000


def test_what_came_at_the_end_of_a_slot_stays_for_the_whole_window() -> None:
    clock = Clock()
    clock.ms = 5_000_999  # slots of a minute's window are whole seconds
    counters = MemoryCounters(clock)
    counters.take_now([claim(10)], "x")
    clock.ms += MINUTE - 1

    assert not counters.take_now([claim(1)], "x").taken
