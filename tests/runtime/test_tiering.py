"""What a tier allows beside the policy."""

import json

import pytest

from guard.core.decision import Decision, Route, TokenLimits
from guard.core.entry import Status
from guard.core.facts import Identity
from guard.core.tier import Tier, stricter
from guard.errors import Forbidden
from guard.metering.tier.book import TierBook
from guard.scan.engine import PatternEngine
from tests.runtime.test_directed import ANSWER, asking
from tests.runtime.world import World


async def served(engine: PatternEngine, tier: Tier, decision: Decision | None = None, **members: object) -> World:
    return await World(engine, ANSWER, tiers=TierBook([tier]), decision=decision, body=asking(**members)).run()


@pytest.mark.parametrize(
    ("tier", "decision", "status", "code"),
    [
        (Tier("free", models=("small-*",)), Decision(), 403, "model_not_in_tier"),
        (Tier("free", models=("large",)), Decision(route=Route(model="huge")), 403, "model_not_in_tier"),
        (Tier("free", context_tokens=1), Decision(), 400, "context_length_exceeded"),
        (Tier("other"), Decision(), 403, "policy_denied"),
    ],
    ids=["not its model", "routed to another's model", "too long", "unknown tier"],
)
async def test_what_the_tier_does_not_have_never_reaches_a_backend(
    engine: PatternEngine, tier: Tier, decision: Decision, status: int, code: str
) -> None:
    world = await served(engine, tier, decision)

    assert (world.client.status, json.loads(world.client.body)["error"]["code"]) == (status, code)
    assert world.backend.calls == []
    assert world.closing.reason == code


@pytest.mark.parametrize(
    ("tier", "policy", "members", "expected"),
    [
        (Tier("free", answer_tokens=10), TokenLimits(), {}, {"max_tokens": 10}),
        (Tier("free", answer_tokens=10), TokenLimits(max_tokens=5), {}, {"max_tokens": 5}),
        (Tier("free", answer_tokens=5), TokenLimits(max_tokens=10), {}, {"max_tokens": 5}),
        (Tier("free", answer_tokens=10), TokenLimits(), {"max_tokens": 7}, {"max_tokens": 7}),
        (Tier("free", thinking_tokens=0), TokenLimits(thinking_tokens=9), {}, {"thinking_token_budget": 0}),
    ],
)
async def test_of_two_limits_the_stricter_holds(
    engine: PatternEngine, tier: Tier, policy: TokenLimits, members: dict[str, object], expected: dict[str, object]
) -> None:
    world = await served(engine, tier, Decision(limits=policy), **members)

    assert world.closing.status is Status.COMPLETED
    body = json.loads(world.backend.calls[0].body or b"")
    assert {name: body[name] for name in expected} == expected


def test_limits_are_joined_by_the_least_of_each() -> None:
    joined = stricter(TokenLimits(10, None, 5), TokenLimits(None, 2.5, 7))

    assert joined == TokenLimits(10, 2.5, 5)


def test_without_tiers_everybody_has_one_that_limits_nothing() -> None:
    tier = TierBook().of(Identity("t", "k", "whatever"))

    assert (tier.limits, tier.counted, tier.serves("any")) == (TokenLimits(), False, True)


def test_a_tier_that_is_not_configured_is_no_tier_without_limits() -> None:
    with pytest.raises(Forbidden):
        TierBook([Tier("free")]).of(Identity("t", "k", "fre"))
