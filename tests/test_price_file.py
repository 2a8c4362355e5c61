"""A price book is read exactly, or refused with file, line, key and cure."""

from pathlib import Path

import pytest

from guard.config.price import load_prices
from guard.errors import ConfigError
from guard.metering.price.book import Price

BOOK = """\
version: '2026-11'
prices:
  - models: [nemotron-*]
    tiers: [free]
    since: '2026-01-01'
    until: '2026-07-01'
    prompt: 0.1
    cached: 0.0375
    answer: 0.4
  - prompt: 2
    answer: 8
    reasoning: 9.5
    request: 0.000001
"""


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "prices.yaml"
    path.write_text(BOOK, encoding="utf-8")
    return path


def test_a_book_is_read_to_the_nano_dollar(book: Path) -> None:
    found = load_prices(book)

    assert found.rows == (
        Price(
            models=("nemotron-*",),
            tiers=("free",),
            since_ms=1_767_225_600_000,
            until_ms=1_782_864_000_000,
            prompt=100_000_000,
            cached=37_500_000,
            answer=400_000_000,
        ),
        Price(prompt=2_000_000_000, answer=8_000_000_000, reasoning=9_500_000_000, request=1000),
    )


def test_a_version_names_the_contents_too(book: Path) -> None:
    before = load_prices(book).version
    book.write_text(BOOK.replace("0.4", "0.5"), encoding="utf-8")

    assert before.startswith("2026-11-")
    assert load_prices(book).version != before


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("prompt: 0.1", "prompt: -0.1", "prices.yaml:7: prices[0].prompt"),
        ("    answer: 8\n", "", "prices.yaml:10: prices[1].answer: is missing; add it"),
        ("since: '2026-01-01'", "since: '1st of May'", "prices[0].since: is no date"),
        ("since: '2026-01-01'", "since: '2026-08-01'", "prices[0]: ends before it begins"),
        ("cached: 0.0375", "cahed: 0.0375", "did you mean cached?"),
        ("version: '2026-11'\n", "", "version: is missing"),
    ],
)
def test_a_book_that_can_not_be_meant_is_refused(book: Path, old: str, new: str, says: str) -> None:
    assert old in BOOK
    book.write_text(BOOK.replace(old, new), encoding="utf-8")

    with pytest.raises(ConfigError) as caught:
        load_prices(book)
    assert says in caught.value.message
