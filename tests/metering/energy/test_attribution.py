"""A pool's energy is split among those that it worked for; all of it, and no more."""

import pytest

from guard.core.usage import Usage
from guard.core.work import Work
from guard.metering.energy.attribution import Idle, split, tokens_in
from guard.metering.energy.interval import Interval, Void
from guard.metering.energy.weight import DEFAULT, Rate, Tokens, Weights
from tests.metering.energy.scene import FLAT, interval, work

IDLE = Idle(watts=10.0, spread_w=0.5)
LONG = work("a", 2, 4, 24, Usage(prompt=100, cached=30, completion=200))
PLACES = [
    # which exchange, since, until, tokens in there
    (LONG, 0, 4, Tokens()),
    (LONG, 0, 10, Tokens(70, 30, 60)),
    (LONG, 10, 20, Tokens(0, 0, 100)),
    (LONG, 20, 30, Tokens(0, 0, 40)),
    (LONG, 30, 40, Tokens()),
    # A whole answer is written from the question on, whenever the client gets it.
    (work("w", 2, 12, 12, Usage(prompt=50, completion=100), stream=False), 0, 7, Tokens(50, 0, 50)),
    # Nothing came: the prompt was read all the same.
    (work("n", 2, None, 8, Usage(prompt=50, completion=0)), 5, 10, Tokens(50, 0, 0)),
    # The backend claims more cached tokens than there are.
    (work("c", 2, 3, 4, Usage(prompt=5, cached=9, completion=1)), 0, 10, Tokens(0, 5, 1)),
    # One token: a moment.
    (work("o", 2, 3, 3, Usage(prompt=5, completion=1)), 3, 4, Tokens(5, 0, 1)),
    (work("u", 2, 3, 4, Usage()), 0, 10, Tokens()),
]


@pytest.mark.parametrize(("which", "since", "until", "tokens"), PLACES)
def test_where_tokens_lie(which: Work, since: float, until: float, tokens: Tokens) -> None:
    assert tokens_in(which, since, until) == tokens


def test_idle_energy_is_a_line_of_its_own_and_nothing_is_lost() -> None:
    works = [work("a", 0, 1, 9, Usage(prompt=100, completion=200)), work("b", 0, 1, 9, Usage(completion=100))]
    parts = split(interval(0, 10, 500_000), works, FLAT, IDLE)

    assert parts.idle_mj == 100_000
    assert [share.energy_mj for share in parts.shares] == [300_000, 100_000]
    assert [share.doubt_mj for share in parts.shares] == [3750, 1250]


def test_models_weigh_what_they_were_calibrated_to() -> None:
    weights = Weights("v", (Rate(0, 0, 9.0, ("large-*",)), Rate(0, 0, 1.0)))
    works = [work(model, 0, 1, 9, Usage(completion=10), model=model) for model in ("large-70b", "small")]

    assert [share.energy_mj for share in split(interval(0, 10, 200_000), works, weights, IDLE).shares] == [
        90_000,
        10_000,
    ]


def test_without_work_all_is_idle_energy() -> None:
    parts = split(interval(0, 10, 123_456), [], DEFAULT, None)

    assert (parts.idle_mj, parts.void) == (123_456, None)


def test_a_pool_that_takes_less_than_idle_gives_nobody_a_negative_number() -> None:
    parts = split(interval(0, 10, 50_000), [LONG], FLAT, IDLE)

    assert (parts.idle_mj, parts.shares[0].energy_mj) == (50_000, 0)


VOIDS = [
    # interval, weights, idle, reason
    (Interval(0, 10, 0, 10_000, None, Void.RESET), FLAT, IDLE, Void.RESET),
    (interval(0, 10, 1000), FLAT, None, Void.IDLE_UNKNOWN),
    (interval(0, 10, 1000), Weights("v", (Rate(1, 1, 1, ("other",)),)), IDLE, Void.UNMETERED),
]


@pytest.mark.parametrize(("which", "weights", "idle", "void"), VOIDS)
def test_no_number_rather_than_a_wrong_one(which: Interval, weights: Weights, idle: Idle | None, void: Void) -> None:
    parts = split(which, [LONG], weights, idle)

    assert (parts.void, parts.idle_mj) == (void, None)
    assert [share.energy_mj for share in parts.shares] == [None]
    assert parts.shares[0].tokens.total > 0
