"""Shares under saturation, priority within them, and that nobody starves: by simulation."""

import random
from collections import Counter

import pytest

from guard.core.fair import FairQueue, Ticket
from guard.core.tier import Tier

FREE = Tier("free", weight=1, priority=0)
MID = Tier("mid", weight=3, priority=5)
PREMIUM = Tier("premium", weight=8, priority=9)


def name(ticket: Ticket | None) -> str:
    assert ticket is not None
    return ticket.lane.tier.name


def saturated(tiers: list[Tier], turns: int, ahead: int = 4096, seed: int = 7, corrected: bool = False) -> Counter[str]:
    """The tokens that each tier got, when each always waits with five requests of random length."""
    dice, queue, got = random.Random(seed), FairQueue(ahead), Counter[str]()
    for tier in tiers:
        for index in range(5):
            queue.add(tier, f"tenant {index % 2}", dice.randint(50, 2000))
    by_name = {tier.name: tier for tier in tiers}
    for _ in range(turns):
        ticket = queue.pop()
        assert ticket is not None
        tokens = dice.randint(1, 2000) if corrected else ticket.cost
        got[name(ticket)] += tokens
        queue.add(by_name[name(ticket)], ticket.tenant, dice.randint(50, 2000))
        if corrected:
            queue.correct(ticket, tokens)
    return got


@pytest.mark.parametrize("corrected", [False, True], ids=["as estimated", "corrected"])
@pytest.mark.parametrize(
    "tiers",
    [
        [FREE, PREMIUM],
        [FREE, MID, PREMIUM],
        [Tier(str(weight), weight=weight) for weight in (1, 2, 5, 13)],
        [Tier(str(weight), weight=weight, priority=-weight) for weight in (1, 2, 5)],
        [Tier("half", weight=0.5, priority=3), Tier("quarter", weight=0.25)],
    ],
    ids=["two", "three", "no priorities", "the lightest first", "fractions"],
)
def test_under_saturation_each_tier_gets_its_share_within_five_percent(tiers: list[Tier], corrected: bool) -> None:
    got = saturated(tiers, 20_000, corrected=corrected)

    weights = sum(tier.weight for tier in tiers)
    for tier in tiers:
        assert got[tier.name] / got.total() == pytest.approx(tier.weight / weights, rel=0.05)


def test_tenants_of_a_tier_share_it_alike_however_many_requests_each_has_waiting() -> None:
    queue, got = FairQueue(4096), Counter[str]()
    for _ in range(300):
        queue.add(FREE, "greedy", 100)
    for _ in range(60):
        queue.add(FREE, "modest", 100)
    for _ in range(100):
        ticket = queue.pop()
        assert ticket is not None
        got[ticket.tenant] += 1

    assert got == {"greedy": 50, "modest": 50}


def test_a_premium_request_that_comes_last_goes_first() -> None:
    queue = FairQueue(4096)
    for _ in range(50):
        queue.add(FREE, "a", 500)
    assert name(queue.pop()) == "free"
    for _ in range(10):
        queue.add(PREMIUM, "b", 500)

    assert [name(queue.pop()) for _ in range(11)] == ["premium"] * 10 + ["free"]


def test_a_lower_tier_waits_no_longer_than_the_others_are_ahead() -> None:
    queue = FairQueue(4096)
    queue.add(FREE, "a", 500)
    served = 0
    while True:
        queue.add(PREMIUM, "b", 500)
        queue.add(PREMIUM, "b", 500)
        if name(queue.pop()) == "free":
            break
        served += 500

    # Of nine tokens premium has eight by right: it is 4096 ahead when it has had nine times that.
    assert served <= 9 * 4096 + 2 * 500 * 9


def test_without_a_lead_turns_are_the_shares() -> None:
    queue = FairQueue(0)
    for _ in range(40):
        queue.add(FREE, "a", 100)
        queue.add(PREMIUM, "b", 100)

    assert Counter(name(queue.pop()) for _ in range(36)) == {"premium": 32, "free": 4}


def test_an_idle_tier_saves_nothing_up() -> None:
    queue = FairQueue(0)
    for _ in range(200):
        queue.add(PREMIUM, "b", 100)
    for _ in range(100):
        queue.pop()
    for _ in range(100):
        queue.add(FREE, "a", 100)

    assert Counter(name(queue.pop()) for _ in range(18))["free"] <= 3


def test_who_left_is_not_served() -> None:
    queue = FairQueue(4096)
    first, second = queue.add(FREE, "a", 1), queue.add(FREE, "a", 1)
    queue.remove(first)
    queue.remove(first)

    assert (len(queue), queue.pop(), queue.pop(), len(queue)) == (1, second, None, 0)


@pytest.mark.parametrize(
    ("waiting", "arrives", "gives_way"),
    [
        ([(FREE, "a"), (PREMIUM, "b")], (PREMIUM, "c"), (FREE, "a")),
        ([(PREMIUM, "b"), (PREMIUM, "b")], (FREE, "a"), None),
        ([(FREE, "a"), (FREE, "a"), (FREE, "a")], (FREE, "b"), (FREE, "a")),
        ([(FREE, "a"), (FREE, "b")], (FREE, "c"), None),
        ([(FREE, "a"), (FREE, "a")], (FREE, "a"), None),
    ],
    ids=["lower", "higher", "the crowd", "nobody's crowd", "its own"],
)
def test_who_leaves_a_full_queue(
    waiting: list[tuple[Tier, str]], arrives: tuple[Tier, str], gives_way: tuple[Tier, str] | None
) -> None:
    queue = FairQueue(4096)
    tickets = [queue.add(tier, tenant, 1) for tier, tenant in waiting]
    found = queue.giving_way(*arrives)

    assert (None if found is None else (found.lane.tier, found.tenant)) == gives_way
    if found is not None:
        assert found is [one for one in tickets if one.tenant == found.tenant][-1]


def test_a_queue_that_many_leave_keeps_no_memory_of_them() -> None:
    queue = FairQueue(4096)
    queue.add(FREE, "stays", 1)
    for index in range(5000):
        queue.remove(queue.add(FREE, str(index), 1))

    lane = next(iter(queue._lanes.values()))
    assert (len(queue), len(lane._heap) < 200, len(lane.waiting)) == (1, True, 1)


def test_a_queue_that_never_runs_empty_forgets_tenants_that_were_served() -> None:
    queue = FairQueue(4096)
    queue.add(FREE, "first", 1)
    for index in range(5000):
        queue.add(FREE, str(index), 1)
        queue.add(FREE, "first", 1)
        queue.pop()
        queue.pop()

    assert len(next(iter(queue._lanes.values()))._ends) < 200
