"""US social security numbers are found in their written forms, unless they can't be anybody's.

The numbers are made up; whether one was ever given out is not known here.
"""

import pytest

from guard.pii.ssn import PATTERNS
from tests.pii.reference import find

FOUND = (
    ("SSN 536-90-4399.", ["536-90-4399"]),
    ("536 90 4399", ["536 90 4399"]),
    ("536.90.4399", ["536.90.4399"]),
    ("SSN-536-90-4399", ["536-90-4399"]),
    ("(536-90-4399)", ["536-90-4399"]),
    ("001-01-0001", ["001-01-0001"]),
    ("899-99-9998", ["899-99-9998"]),
    ("536-90-4399/536-90-4398", ["536-90-4399", "536-90-4398"]),
    ("never given out, yet written: 977-39-8712", ["977-39-8712"]),
    ("ITIN 912-70-1234", ["912-70-1234"]),
    ("SSN: 536904399", ["536904399"]),
    ("ssn=536904399", ["536904399"]),
    ('{"ssn": "536904399"}', ["536904399"]),
    ("My SSN is 536904399", ["536904399"]),
    ("social security number 536904399", ["536904399"]),
    ("５３６-９０-４３９９", ["５３６-９０-４３９９"]),
)

NOT_FOUND = (
    "000-12-3456",
    "666-12-3456",
    "536-00-4399",
    "536-90-0000",
    "078-05-1120",
    "219-09-9999",
    "123-45-6789",
    "987-65-4320",
    "987-65-4329",
    "111-11-1111",
    "536-90 4399",
    "536-904-399",
    "1536-90-4399",
    "536-90-43990",
    "536904399",
    "ssn 5369043990",
    "ssn: 000123456",
    "2024-05-1234",
    "zip 53690-4399",
)


@pytest.mark.parametrize(("text", "values"), FOUND)
def test_numbers_are_found(text: str, values: list[str]) -> None:
    assert find(PATTERNS, text, "US_SSN") == values


@pytest.mark.parametrize("text", NOT_FOUND)
def test_what_is_nobody_s_number_is_left_alone(text: str) -> None:
    assert find(PATTERNS, text, "US_SSN") == []


def test_numbers_that_were_never_given_out_score_lower() -> None:
    scores = {pattern.rule: pattern.score for pattern in PATTERNS}
    assert scores["us_ssn_unassigned"] < scores["us_ssn"]
