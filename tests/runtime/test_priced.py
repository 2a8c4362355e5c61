"""Exchanges are rated by what was generated; a model without a price has no cost, and may be refused."""

import pytest

from guard.core.decision import Decision, Denial, Route
from guard.core.entry import Status
from guard.metering.price.book import Book, Price
from guard.metering.price.rating import BookRater
from guard.scan.engine import PatternEngine
from tests.runtime.test_directed import ANSWER, HEAD, asking
from tests.runtime.world import World

USAGE = HEAD + b'"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}}\n\n'
SPOKEN = [ANSWER[0], ANSWER[1].replace(b"data: [DONE]\n\n", b""), USAGE, b"data: [DONE]\n\n"]
RATER = BookRater(Book("v1", (Price(models=("small", "large"), prompt=1_000_000, answer=2_000_000, request=100),)))


async def test_an_exchange_costs_what_the_backend_counted(engine: PatternEngine) -> None:
    world = await World(engine, SPOKEN, body=asking(), rater=RATER).run()

    assert (world.closing.cost_nanousd, world.closing.price_version) == (10 + 5 * 2 + 100, "v1")


async def test_a_routed_exchange_costs_what_the_model_costs_that_served_it(engine: PatternEngine) -> None:
    book = BookRater(Book("v1", (Price(models=("large",), prompt=0, answer=0), Price(prompt=1_000_000, answer=0))))
    world = World(engine, SPOKEN, body=asking(), rater=book, decision=Decision(route=Route(model="small")))

    assert (await world.run()).closing.cost_nanousd == 10


async def test_what_reached_no_backend_costs_nothing(engine: PatternEngine) -> None:
    world = World(engine, SPOKEN, body=asking(), rater=RATER, decision=Decision(deny=(Denial("no", "no"),)))

    assert (await world.run()).closing.cost_nanousd == 0


async def test_an_answer_that_breaks_off_costs_what_came(engine: PatternEngine) -> None:
    world = await World(engine, ANSWER[:1], body=asking(), rater=RATER).run()

    assert world.closing.status is Status.FAILED
    assert world.closing.cost_nanousd == 3 + 1 * 2 + 100  # eleven characters, one piece


@pytest.mark.parametrize("unpriced", [True, False])
async def test_a_model_without_a_price_has_no_cost(engine: PatternEngine, unpriced: bool) -> None:
    world = World(engine, SPOKEN, body=asking(model="other"), rater=RATER, unpriced=unpriced)
    await world.run()

    assert len(world.backend.calls) == unpriced
    assert world.closing.cost_nanousd == (None if unpriced else 0)
    assert world.closing.reason == ("" if unpriced else "model_unpriced")
