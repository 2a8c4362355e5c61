"""The provider's numbers win, a zero among them; what it leaves out is estimated, and said to be."""

import pytest

from guard.core.usage import Usage, UsageSource
from guard.metering.usage import estimate, merge

PROVIDER, ESTIMATED = UsageSource.PROVIDER, UsageSource.ESTIMATED


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


MERGES = [
    # what the case shows, reported, estimated, merged, source
    ("nothing reported", None, Usage(prompt=7, completion=9), Usage(prompt=7, completion=9), ESTIMATED),
    ("all reported", Usage(3, 1, 5, 2), Usage(prompt=7, completion=9), Usage(3, 1, 5, 2), PROVIDER),
    (
        "an explicit zero is a count",
        Usage(prompt=3, completion=0),
        Usage(prompt=7, completion=9),
        Usage(prompt=3, completion=0),
        PROVIDER,
    ),
    (
        "an absent completion is estimated",
        Usage(prompt=3),
        Usage(prompt=7, completion=9),
        Usage(prompt=3, completion=9),
        ESTIMATED,
    ),
    (
        "an absent prompt is estimated",
        Usage(completion=5),
        Usage(prompt=7, completion=9),
        Usage(prompt=7, completion=5),
        ESTIMATED,
    ),
    (
        "an embedding has no completion, and that is exact",
        Usage(prompt=3),
        Usage(prompt=7, completion=0),
        Usage(prompt=3, completion=0),
        PROVIDER,
    ),
    (
        "an absent part stays absent",
        Usage(prompt=3, completion=5),
        Usage(prompt=7, completion=9),
        Usage(prompt=3, completion=5),
        PROVIDER,
    ),
    (
        "an absent part is estimated where it can be",
        Usage(prompt=3, completion=5),
        Usage(prompt=7, completion=9, reasoning=2),
        Usage(prompt=3, completion=5, reasoning=2),
        PROVIDER,
    ),
    ("a zero part is a count", Usage(3, 0, 5, 0), Usage(7, 1, 9, 2), Usage(3, 0, 5, 0), PROVIDER),
    (
        "a negative count is nonsense",
        Usage(prompt=-1, completion=5),
        Usage(prompt=7, completion=9),
        Usage(prompt=7, completion=5),
        ESTIMATED,
    ),
    (
        "a count beyond all reason is nonsense",
        Usage(prompt=3, completion=1 << 60),
        Usage(prompt=7, completion=9),
        Usage(prompt=3, completion=9),
        ESTIMATED,
    ),
    ("an empty report is none", Usage(), Usage(prompt=0, completion=0), Usage(prompt=0, completion=0), ESTIMATED),
]


@pytest.mark.parametrize(
    ("reported", "estimated", "merged", "source"), [case[1:] for case in MERGES], ids=[case[0] for case in MERGES]
)
def test_reported_counts_win_and_gaps_are_filled(
    reported: Usage | None, estimated: Usage, merged: Usage, source: UsageSource
) -> None:
    assert merge(reported, estimated) == (merged, source)
