"""Without a count there is an estimate; what was withheld is its share of what was written."""

import pytest

from guard.metering.usage import estimate, is_sound, withheld_tokens


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
    ("case", "completion", "withheld_chars", "chars", "tokens"),
    [
        ("nothing withheld", 100, 0, 400, 0),
        ("all withheld is all of it, the tokens without text too", 100, 400, 400, 100),
        ("a quarter", 100, 100, 400, 25),
        ("a little is one", 100, 1, 400, 1),
        ("more than was written is all of it", 100, 500, 400, 100),
        ("nothing written", 7, 0, 0, 0),
        ("no tokens", 0, 10, 40, 0),
    ],
)
def test_withheld_tokens_are_the_share_of_the_characters_that_did_not_leave(
    case: str, completion: int, withheld_chars: int, chars: int, tokens: int
) -> None:
    assert withheld_tokens(completion, withheld_chars, chars) == tokens


@pytest.mark.parametrize(
    ("count", "sound"), [(0, True), (1, True), (1 << 53, True), (None, False), (-1, False), (1 << 60, False)]
)
def test_a_count_is_believed_if_it_can_be_one(count: int | None, sound: bool) -> None:
    assert is_sound(count) == sound
