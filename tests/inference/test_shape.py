"""How a word is written survives the tokenizer, which knows small letters alone."""

import numpy as np
import pytest

from guard.inference.shape import ALL, FIRST, MIXED, SMALL, packed, shape_of, unpacked


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        (SMALL, ["ann", "12", "1st", ",", "漢", "é"]),
        (FIRST, ["Ann", "A", "A12", "Élan"]),
        (ALL, ["ANN", "AB12", "ÉE"]),
        (MIXED, ["iPhone", "McDonald", "b2B"]),
    ],
)
def test_a_word_has_one_of_four_shapes(shape: int, words: list[str]) -> None:
    assert [shape_of(word) for word in words] == [shape] * len(words)


def test_ids_carry_shapes_and_give_them_back() -> None:
    ids = [101, 30_521, 102]
    for shape in range(4):
        plain, shapes = unpacked(np.array(packed(ids, shape)))
        assert (plain.tolist(), shapes.tolist()) == (ids, [shape] * 3)
