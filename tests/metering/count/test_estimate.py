"""Without a count there is an estimate, and what a backend reports is believed if it can be."""

import pytest

from guard.metering.usage import estimate, is_sound


@pytest.mark.parametrize(
    ("chars", "deltas", "tokens"),
    [
        (0, 0, 0),
        (1, 0, 1),
        (4, 0, 1),
        (5, 0, 2),
        (400, 0, 100),
        (400, 120, 120),
        (400, 1, 100),
        (3, 3, 3),
    ],
)
def test_estimate_is_the_larger_of_pieces_and_a_quarter_of_the_characters(chars: int, deltas: int, tokens: int) -> None:
    assert estimate(chars, deltas) == tokens


@pytest.mark.parametrize(
    ("count", "sound"), [(0, True), (1, True), (1 << 53, True), (None, False), (-1, False), (1 << 60, False)]
)
def test_a_count_is_believed_if_it_can_be_one(count: int | None, sound: bool) -> None:
    assert is_sound(count) == sound
