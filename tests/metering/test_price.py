"""Money is whole nano-dollars, by the row of the book that holds, and what has no price has none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.core.usage import Usage
from guard.metering.price.book import Book, Price
from guard.metering.price.rating import BookRater, cost_nanousd

USD = 1_000_000_000
PLAIN = Price(prompt=USD // 2, answer=2 * USD)  # half a dollar and two dollars for a million tokens
FULL = Price(prompt=1000, cached=100, audio=4000, image=2000, answer=8000, reasoning=9000, tool=7000)


@pytest.mark.parametrize(
    ("price", "usage", "expected"),
    [
        (PLAIN, Usage(prompt=1_000_000, completion=0), USD // 2),
        (PLAIN, Usage(prompt=0, completion=1_000_000), 2 * USD),
        (PLAIN, Usage(prompt=1, completion=1), 500 + 2000),
        (PLAIN, Usage(prompt=10, cached=4, completion=10, reasoning=5), 10 * 500 + 10 * 2000),
        (PLAIN, Usage(), 0),
        (FULL, Usage(prompt=1_000_000, cached=1_000_000), 100),
        (FULL, Usage(prompt=1_000_000, cached=500_000, audio=250_000, image=250_000), 50 + 1000 + 500),
        (FULL, Usage(prompt=1_000_000, cached=9_000_000), 100),
        (FULL, Usage(completion=1_000_000, reasoning=500_000, tool=500_000), 4500 + 3500),
        (FULL, Usage(prompt=499), 0),
        (FULL, Usage(prompt=500), 1),
        (Price(prompt=0, answer=0, request=7, picture=3), Usage(prompt=5), 7 + 2 * 3),
    ],
)
def test_an_exchange_costs_what_its_tokens_cost(price: Price, usage: Usage, expected: int) -> None:
    assert cost_nanousd(price, usage, pictures=2) == expected


counts = st.one_of(st.none(), st.integers(0, 10**9))


@given(st.builds(Usage, counts, counts, counts, counts, counts, counts, counts))
def test_no_count_is_paid_for_twice(usage: Usage) -> None:
    flat = Price(prompt=1_000_000, answer=1_000_000)

    assert cost_nanousd(flat, usage) == (usage.prompt or 0) + (usage.completion or 0)


BOOK = Book(
    "2026-11",
    (
        Price(models=("large",), tiers=("free",), prompt=9_000_000, answer=0),
        Price(models=("large", "huge*"), since_ms=100, until_ms=200, prompt=2_000_000, answer=0),
        Price(models=("large",), prompt=3_000_000, answer=0),
    ),
)


@pytest.mark.parametrize(
    ("model", "tier", "at_ms", "expected"),
    [
        ("large", "free", 150, 9),
        ("large", "gold", 150, 2),
        ("large", "gold", 99, 3),
        ("large", "gold", 200, 3),
        ("huge-8b", "gold", 199, 2),
        ("huge-8b", "gold", 200, None),
        ("small", "gold", 150, None),
    ],
)
def test_the_first_row_that_fits_holds_and_no_row_is_no_price(
    model: str, tier: str, at_ms: int, expected: int | None
) -> None:
    rating = BookRater(BOOK).rate(model, tier, Usage(prompt=1), at_ms)

    assert (rating.cost_nanousd, rating.version) == (expected, "2026-11")
