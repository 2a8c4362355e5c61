"""Several processes that share a Redis spend one budget together, and not one token more."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from guard.core.usage import Usage
from guard.errors import BudgetExhausted
from guard.metering.budget.book import BudgetBook
from guard.metering.counter.redis import RedisCounters, RedisPlace
from tests.metering.budget.spender import ACME, NOON, budget, claim
from tests.redis import RedisServer

LIMIT = 1000


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    with RedisServer(tmp_path) as running:
        yield running


async def test_replicas_spend_one_budget(server: RedisServer) -> None:
    stores = [RedisCounters(RedisPlace(server.url, timeout_s=20)) for _ in range(3)]
    for store in stores:
        await store.start()
    books = [BudgetBook((budget(LIMIT),), store, clock=lambda: NOON) for store in stores]
    spent = 0

    async def exchange(number: int) -> None:
        nonlocal spent
        try:
            purse = await books[number % len(books)].reserve(claim(answer=50, prompt=10))
        except BudgetExhausted:
            return
        assert purse.answer_tokens is not None
        tokens = purse.answer_tokens // 2
        spent += 10 + tokens
        purse.settle(Usage(prompt=10, completion=tokens), None)

    try:
        async with asyncio.timeout(60):
            for _ in range(6):
                await asyncio.gather(*(exchange(number) for number in range(60)))
    finally:
        for store in stores:
            await store.stop()

    fresh = RedisCounters(RedisPlace(server.url, timeout_s=20))
    left = await BudgetBook((budget(LIMIT),), fresh, clock=lambda: NOON).left(ACME)
    await fresh.stop()
    assert left.tokens_left == LIMIT - spent
    assert 0 <= LIMIT - spent < LIMIT // 2
