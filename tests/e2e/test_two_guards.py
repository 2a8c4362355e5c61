"""Two Guards that share one Redis keep one limit and one budget, however requests are spread over them."""

import asyncio
from collections import Counter
from collections.abc import Iterator

import httpx
import pytest

from tests.redis import RedisServer

from . import wire
from .process import REPOSITORY, DemoBackend, Guard, key_config

CROWD = 100
REQUESTS_A_DAY = 60
BUDGET = 1500
LIMITED, SPENDING = "sk-limited-key-of-a-tenant", "sk-spending-key-of-a-tenant"


def settings(demo: DemoBackend, redis: RedisServer) -> str:
    """Two tenants: `limited` may send so many requests, `spending` has a budget of tokens."""
    return (
        f"replicas: 2\ncounters: {{url: {redis.url}, timeout_ms: 10000}}\n"
        f"policies: {REPOSITORY / 'policies'}\ninference: {{classifiers: []}}\n"
        "limits: {exchanges: 1000}\n"
        f"backends:\n  - {{name: demo, base_url: {demo.base_url}, kind: openai, models: ['*']}}\n"
        f"keys:\n{key_config('limited', LIMITED, 'free')}{key_config('spending', SPENDING, 'mid')}"
        f"tiers:\n  free: {{requests_per_day: {REQUESTS_A_DAY}}}\n  mid: {{}}\n"
        f"budgets: [{{name: tokens, for: {{key: spending}}, tokens: {BUDGET}, per: month}}]\n"
    )


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory, started_demo: DemoBackend) -> Iterator[tuple[Guard, Guard]]:
    folder = tmp_path_factory.mktemp("fleet")
    with RedisServer(folder) as redis:
        guards = [Guard(folder / name, settings(started_demo, redis)) for name in ("one", "other")]
        started_demo.ready()
        for guard in guards:
            guard.ready()
        yield guards[0], guards[1]
        for guard in guards:
            guard.terminate()


async def crowd(fleet: tuple[Guard, Guard], key: str, model: str) -> Counter[int]:
    """Statuses of requests that come to both at once."""
    body = {**wire.ask(model), "max_tokens": 20}
    limits = httpx.Limits(max_connections=CROWD)
    headers = {"authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(trust_env=False, timeout=60, limits=limits, headers=headers) as http:
        asked = (http.post(f"{fleet[turn % 2].base_url}/chat/completions", json=body) for turn in range(CROWD))
        return Counter(answer.status_code for answer in await asyncio.gather(*asked))


async def test_both_together_serve_as_many_requests_as_one_may(fleet: tuple[Guard, Guard]) -> None:
    assert await crowd(fleet, LIMITED, "limited") == {200: REQUESTS_A_DAY, 429: CROWD - REQUESTS_A_DAY}


async def test_both_together_spend_no_more_than_the_budget(fleet: tuple[Guard, Guard]) -> None:
    served = 0
    while count := (await crowd(fleet, SPENDING, "spending"))[200]:
        served += count
    rows = [guard.settled("spending") for guard in fleet]
    spent = [sum(row["prompt_tokens"] + row["completion_tokens"] for row in each) for each in rows]

    assert BUDGET * 0.9 < sum(spent) <= BUDGET
    assert min(spent) > 0
    assert served == sum(row["status"] == "completed" for each in rows for row in each)
