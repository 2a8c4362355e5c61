"""What is counted from one request to the next: what the client is told, when it is refused, what is put right."""

import asyncio
import json

import pytest

from guard.core.counter import Standing, Taking
from guard.core.decision import Decision, Denial
from guard.core.entry import Status
from guard.core.facts import Identity
from guard.core.tier import Tier
from guard.errors import CountersUnavailable
from guard.metering.counter.memory import MemoryCounters
from guard.metering.tier.book import TierBook
from guard.metering.tier.dues import dues_of, duration, headers_of, refusal_of
from guard.scan.engine import PatternEngine
from tests.runtime.test_directed import ANSWER, HEAD, asking
from tests.runtime.world import World

WHO = Identity("t", "k", "free")
COUNTED = [
    ANSWER[0],
    HEAD + b'"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n',
    HEAD + b'"choices":[],"usage":{"prompt_tokens":30,"completion_tokens":12}}\n\ndata: [DONE]\n\n',
]


class Clock:
    ms = 60_000_000

    def __call__(self) -> int:
        return self.ms


def world(engine: PatternEngine, tier: Tier, counters: MemoryCounters, **more: object) -> World:
    decision = more.pop("decision", None)
    assert decision is None or isinstance(decision, Decision)
    return World(engine, COUNTED, tiers=TierBook([tier]), counters=counters, decision=decision, body=asking(**more))


def code_of(client_body: bytes) -> object:
    return json.loads(client_body)["error"]["code"]


async def test_every_answer_says_how_the_limits_stand_and_one_too_many_is_refused(engine: PatternEngine) -> None:
    clock = Clock()
    counters, tier = MemoryCounters(clock), Tier("free", requests_per_min=2, tokens_per_day=100_000)
    first, second, third = [await world(engine, tier, counters).run() for _ in range(3)]

    assert first.client.headers["x-ratelimit-limit-requests"] == "2"
    assert [one.client.headers["x-ratelimit-remaining-requests"] for one in (first, second, third)] == ["1", "0", "0"]
    assert first.client.headers["x-ratelimit-reset-requests"] == "1m1s"
    assert first.client.headers["x-ratelimit-limit-tokens"] == "100000"
    assert (third.client.status, code_of(third.client.body)) == (429, "rate_limit_exceeded")
    assert third.client.headers["retry-after"] == "61"
    assert (third.backend.calls, third.closing.status) == ([], Status.FAILED)
    clock.ms += 61_000
    assert (await world(engine, tier, counters).run()).client.status == 200


async def test_limits_of_one_tenant_are_not_another_s(engine: PatternEngine) -> None:
    counters, tier = MemoryCounters(Clock()), Tier("free", requests_per_min=1)

    assert counters.take_now([due.claim for due in dues_of(tier, Identity("other", "k", "free"), 1)], "x").taken
    assert (await world(engine, tier, counters).run()).client.status == 200


async def test_tokens_are_taken_by_an_estimate_and_put_right_by_what_it_came_to(engine: PatternEngine) -> None:
    counters, tier = MemoryCounters(Clock()), Tier("free", tokens_per_min=1000)
    one = await world(engine, tier, counters, max_tokens=900).run()
    after = counters.take_now([due.claim for due in dues_of(tier, WHO, 0)], "x")

    assert int(one.client.headers["x-ratelimit-remaining-tokens"]) <= 100
    assert after.standings[0].used == 42  # as the backend counted: 30 of the prompt, 12 of the answer


async def test_what_the_policy_denies_cost_a_request_and_no_tokens(engine: PatternEngine) -> None:
    counters, tier = MemoryCounters(Clock()), Tier("free", tokens_per_min=1000, requests_per_min=5)
    denied = await world(engine, tier, counters, decision=Decision(deny=(Denial("no", "no"),))).run()
    after = counters.take_now([due.claim for due in dues_of(tier, WHO, 0)], "x")

    assert denied.client.headers["x-ratelimit-remaining-requests"] == "4"
    assert [standing.used for standing in after.standings] == [2, 0]


async def test_a_request_larger_than_the_limit_takes_all_of_it(engine: PatternEngine) -> None:
    counters, tier = MemoryCounters(Clock()), Tier("free", tokens_per_min=40)
    first, second = [await world(engine, tier, counters, max_tokens=5000).run() for _ in range(2)]

    assert (first.client.status, second.client.status) == (200, 429)


async def test_a_place_is_held_until_the_exchange_is_over_also_if_the_client_leaves(engine: PatternEngine) -> None:
    counters, tier = MemoryCounters(Clock()), Tier("free", concurrency=1)
    tiers = TierBook([tier])
    slow = World(engine, [ANSWER[0], None], tiers=tiers, counters=counters, body=asking())
    task = asyncio.ensure_future(slow.exchange.run())
    await slow.answer.silent.wait()
    refused = await world(engine, tier, counters).run()
    slow.client.leaves.set()
    await task

    assert (refused.client.status, refused.client.headers["retry-after"]) == (429, "1")
    assert (await world(engine, tier, counters).run()).client.status == 200


async def test_a_store_that_is_away_fails_closed(engine: PatternEngine) -> None:
    class Away(MemoryCounters):
        async def take(self, claims: object, lease: str) -> Taking:
            raise CountersUnavailable("away")

    refused = await world(engine, Tier("free", requests_per_min=1), Away()).run()

    assert (refused.client.status, code_of(refused.client.body)) == (503, "counters_unavailable")
    assert refused.backend.calls == []


async def test_a_backend_s_own_limits_do_not_show_beside_the_tier_s(engine: PatternEngine) -> None:
    limited = world(engine, Tier("free", requests_per_min=9), MemoryCounters(Clock()))
    limited.answer.headers = {**limited.answer.headers, "x-ratelimit-limit-tokens": "7", "x-request-id": "abc-1"}
    await limited.run()

    assert "x-ratelimit-limit-tokens" not in limited.client.headers
    assert limited.client.headers["x-ratelimit-limit-requests"] == "9"


def test_the_window_with_least_left_is_told() -> None:
    tier = Tier("free", requests_per_min=10, requests_per_day=50, tokens_per_min=8)
    dues = dues_of(tier, WHO, 3)
    taking = Taking(True, 0, (Standing(1, 10, 60_000), Standing(49, 50, 7_000_000), Standing(3, 8, 500)))

    assert dict(headers_of(dues, taking)) == {
        "x-ratelimit-limit-requests": "50",
        "x-ratelimit-remaining-requests": "1",
        "x-ratelimit-reset-requests": "1h56m40s",
        "x-ratelimit-limit-tokens": "8",
        "x-ratelimit-remaining-tokens": "5",
        "x-ratelimit-reset-tokens": "500ms",
    }


def test_who_is_refused_waits_for_the_limit_that_takes_longest() -> None:
    dues = dues_of(Tier("free", requests_per_min=1, requests_per_day=1), WHO, 1)
    error = refusal_of(dues, Taking(False, 0, (Standing(1, 1, 100, 100), Standing(1, 1, 9000, 8200))))

    assert error.retry_after_s == 9
    assert "1 requests in 24 hours" in error.message


@pytest.mark.parametrize(
    ("ms", "text"),
    [(0, "0ms"), (999, "999ms"), (1000, "1s"), (1500, "1.5s"), (60_000, "1m0s"), (86_400_000, "24h0m0s")],
)
def test_spans_are_written_as_openai_does(ms: int, text: str) -> None:
    assert duration(ms) == text
