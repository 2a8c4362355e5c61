"""A tokenizer counts a text of any length, in pieces and off the loop; what waits is bounded."""

import asyncio
from pathlib import Path

import pytest

from guard.metering.count.desk import CountDesk
from guard.metering.count.tokenizer import SLICE_CHARS, ModelTokenizer
from tests.metering.count.words import words

BUNDLED = Path(__file__).parents[3] / "models/injection/tokenizer.json"


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", 0),
        (" \n", 0),
        ("one", 1),
        ("one two", 2),
        ("\ud83d lone \udc00", 3),
        ("word " * SLICE_CHARS, SLICE_CHARS),
        ("a" * (3 * SLICE_CHARS), 3),
    ],
    ids=["none", "space", "one", "two", "surrogates", "long", "one word that is longer than a slice"],
)
def test_a_text_has_its_tokens(text: str, tokens: int) -> None:
    assert words().count(text) == tokens


def test_slices_count_what_the_whole_counts() -> None:
    tokenizer = ModelTokenizer(BUNDLED.read_bytes())
    sentence = "The tokenizer reads 12,345 words: unbelievably many, isn't it? "

    assert tokenizer.count(sentence * 3_000) == 3_000 * tokenizer.count(sentence)


def test_special_tokens_around_a_text_are_not_counted() -> None:
    assert ModelTokenizer(BUNDLED.read_bytes()).count("hello there") == 2


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"\xff", b'{"model": {"type": "Magic"}}'])
def test_what_is_no_tokenizer_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="Tokenizer"):
        ModelTokenizer(data)


def test_the_first_row_that_fits_a_model_counts() -> None:
    desk = CountDesk()
    desk.add(("qwen3-*",), words(), picture_tokens=256)
    desk.add(("*",), words())

    first, second = desk.of("qwen3-8b"), desk.of("llama")
    assert first is not None
    assert second is not None
    assert (first.picture_tokens, second.picture_tokens) == (256, None)
    desk.stop()


def test_a_model_that_no_row_fits_is_not_counted() -> None:
    desk = CountDesk()
    desk.add(("qwen3-*",), words())

    assert desk.of("llama") is None
    desk.stop()


async def test_what_waits_is_bounded() -> None:
    desk = CountDesk(most_chars=10)
    desk.add(("*",), words())
    counter = desk.of("m")
    assert counter is not None

    answers = await asyncio.gather(counter.count(("one two",)), counter.count(("four",)), counter.count(("a", "b c")))
    assert answers == [[2], None, None]
    assert desk.chars == 0
    assert await counter.count(("a", "b c")) == [1, 2]
    desk.stop()
