"""The way into a backend: never more than its places, in turn, within bounds, and nobody who left keeps a place."""

import asyncio
import json
from collections import Counter

import pytest

from guard.core.decision import Decision
from guard.core.entry import Status
from guard.core.tier import Tier
from guard.errors import QueueFull, QueueTimeout
from guard.metering.tier.book import TierBook
from guard.runtime.turnstile import Place, QueueLimits, Turnstile
from guard.scan.engine import PatternEngine
from tests.runtime.test_directed import ANSWER, asking
from tests.runtime.world import World

FREE, PREMIUM = Tier("free", weight=1), Tier("premium", weight=8, priority=1)


def turnstile(places: int = 1, **limits: float) -> Turnstile:
    return Turnstile({"gpu": places}, QueueLimits(**limits))  # type: ignore[arg-type]


def asks(way: Turnstile, tier: Tier, tenant: str = "t", tokens: int = 100) -> "asyncio.Task[Place | None]":
    return asyncio.ensure_future(way.enter("gpu", tier, tenant, tokens))


async def waiting(way: Turnstile, count: int, backend: str = "gpu") -> None:
    """Lets the others run until so many wait."""
    for _ in range(10_000):
        if way.waiting(backend) == count:
            return
        await asyncio.sleep(0)
    raise AssertionError(f"{way.waiting(backend)} wait, and not {count}")


async def entered(way: Turnstile, tier: Tier = FREE) -> Place:
    place = await way.enter("gpu", tier, "t", 100)
    assert place is not None
    return place


async def test_a_backend_without_a_bound_makes_nobody_wait() -> None:
    assert await turnstile().enter("other", FREE, "t", 1) is None


async def test_under_saturation_tiers_get_their_shares_and_never_more_places_than_there_are() -> None:
    way, inside, most, served = turnstile(4), 0, 0, Counter[str]()
    over = asyncio.Event()

    async def client(tier: Tier) -> None:
        nonlocal inside, most
        while not over.is_set():
            place = await entered(way, tier)
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            served[tier.name] += 1
            inside -= 1
            place.leave(100)
            if served.total() >= 9000:
                over.set()

    await asyncio.gather(*(client(tier) for tier in (FREE, PREMIUM) for _ in range(20)))

    assert most == 4
    assert served["premium"] / served.total() == pytest.approx(8 / 9, rel=0.05)
    assert served["free"] / served.total() == pytest.approx(1 / 9, rel=0.05)


async def test_premium_goes_before_free_that_came_earlier() -> None:
    way = turnstile()
    first = await entered(way)
    free, premium = asks(way, FREE), asks(way, PREMIUM)
    await waiting(way, 2)
    first.leave(100)
    place = await premium

    assert not free.done()
    assert place is not None
    place.leave(100)
    assert await free is not None


async def test_who_leaves_while_waiting_leaves_the_queue() -> None:
    way = turnstile()
    first = await entered(way)
    gone, stays = asks(way, PREMIUM), asks(way, FREE)
    await waiting(way, 2)
    gone.cancel()
    await waiting(way, 1)
    first.leave(100)

    assert await stays is not None
    assert gone.cancelled()


async def test_who_leaves_at_the_moment_of_being_called_passes_the_place_on() -> None:
    way = turnstile()
    first = await entered(way)
    gone, stays = asks(way, PREMIUM), asks(way, FREE)
    await waiting(way, 2)
    first.leave(100)  # calls the one that leaves before it has heard of it
    gone.cancel()

    assert await asyncio.wait_for(stays, 20) is not None


async def test_a_place_is_given_back_once() -> None:
    way = turnstile()
    first = await entered(way)
    first.leave(1)
    first.leave(1)
    await entered(way)
    late = asks(way, FREE)
    await waiting(way, 1)

    assert not late.done()
    late.cancel()


async def test_a_full_queue_sends_the_lower_priority_away_and_says_when_to_come_back() -> None:
    way = turnstile(waiting=1, wait_s=20)
    first = await entered(way)
    free = asks(way, FREE)
    await waiting(way, 1)
    premium = asks(way, PREMIUM)
    with pytest.raises(QueueFull) as caught:
        await free
    with pytest.raises(QueueFull):
        await way.enter("gpu", FREE, "t", 1)
    first.leave(100)

    assert caught.value.retry_after_s == 20
    assert await premium is not None


async def test_who_waits_too_long_is_told_so() -> None:
    way = turnstile(wait_s=0.01)
    first = await entered(way)
    with pytest.raises(QueueTimeout):
        await way.enter("gpu", FREE, "t", 1)
    first.leave(1)

    assert await entered(way) is not None


async def test_an_exchange_holds_its_place_to_its_end_also_if_the_client_leaves(engine: PatternEngine) -> None:
    way = Turnstile({"local": 1})
    tiers = TierBook([FREE])
    slow = World(engine, [ANSWER[0], None], tiers=tiers, turnstile=way, body=asking())
    running = asyncio.ensure_future(slow.exchange.run())
    await slow.answer.silent.wait()
    left = World(engine, ANSWER, tiers=tiers, turnstile=way, body=asking())
    leaving = asyncio.ensure_future(left.exchange.run())
    await waiting(way, 1, "local")
    left.client.leaves.set()
    await leaving
    assert (way.waiting("local"), left.backend.calls, left.closing.status) == (0, [], Status.ABORTED)

    slow.client.leaves.set()
    await running
    after = await World(engine, ANSWER, tiers=tiers, turnstile=way, body=asking()).run()
    assert after.client.status == 200


@pytest.mark.parametrize(
    ("kind", "told", "members", "expected"),
    [
        ("vllm", True, {}, -5),
        ("vllm", True, {"priority": -1000}, -5),
        ("sglang", True, {}, 5),
        ("vllm", False, {"priority": -1000}, None),
        ("openai", False, {}, None),
    ],
)
async def test_a_backend_is_told_the_tier_s_priority_in_its_own_way_and_never_the_client_s(
    engine: PatternEngine, kind: str, told: bool, members: dict[str, object], expected: int | None
) -> None:
    tiers = TierBook([Tier("free", priority=5)])
    prioritised = frozenset({"local"} if told else ())
    decision = Decision(members=("priority",))
    world = World(engine, ANSWER, tiers=tiers, prioritised=prioritised, decision=decision, body=asking(**members))
    world.backend.kind = kind
    await world.run()

    assert json.loads(world.backend.calls[0].body or b"").get("priority") == expected
