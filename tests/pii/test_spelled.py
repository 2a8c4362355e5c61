"""Values that are written out are found; prose that only sounds like one is left alone. All values are made up."""

import pytest

from guard.core.channel import Channel
from guard.pii.spelled import PATTERNS
from guard.scan.engine import PatternEngine
from tests.core.playbook import REDACT_ALL
from tests.flow import stream
from tests.pii.reference import find

FOUND = (
    ("EMAIL_ADDRESS", "write jane[at]example[dot]com now", ["jane[at]example[dot]com"]),
    ("EMAIL_ADDRESS", "jane(at)example.com", ["jane(at)example.com"]),
    ("EMAIL_ADDRESS", "jane [at] example [dot] com", ["[at] example [dot] com"]),
    ("EMAIL_ADDRESS", "JANE{AT}EXAMPLE{DOT}COM", ["JANE{AT}EXAMPLE{DOT}COM"]),
    ("EMAIL_ADDRESS", "jane[@]example[.]com", ["jane[@]example[.]com"]),
    ("EMAIL_ADDRESS", "jane.doe at example dot com", ["jane.doe at example dot com"]),
    ("EMAIL_ADDRESS", "jane42 (at) example (dot) co (dot) uk", ["jane42 (at) example (dot) co (dot) uk"]),
    ("EMAIL_ADDRESS", "my email is jane at example dot com.", ["jane at example dot com"]),
    ("EMAIL_ADDRESS", "E-Mail: jane dot doe at mail dot example dot org", ["jane dot doe at mail dot example dot org"]),
    ("EMAIL_ADDRESS", "contact me at jane [at] example [dot] com", ["jane [at] example [dot] com"]),
    ("EMAIL_ADDRESS", "it was jane at example dot com", ["at example dot com"]),
    ("CREDIT_CARD", '{"n": 4.111111111111111e15}', ["4.111111111111111e15"]),
    ("CREDIT_CARD", "4.111111111111111E+15", ["4.111111111111111E+15"]),
    ("CREDIT_CARD", "card 4111 1111\n1111 1111.", ["4111 1111\n1111 1111"]),
    ("CREDIT_CARD", "4111\r\n1111\r\n1111\r\n1111", ["4111\r\n1111\r\n1111\r\n1111"]),
)
NOT_FOUND = (
    "look at the dot on the map",
    "meet me at noon dot",
    "version3 at best. Dot com boom",
    "see config.yaml at example.com",
    "email me at noon. Then write to us",
    "array[at]index",
    "meet at cafe.de",
    "6.02214076e15",
    "4.111111111111112e15",
    "4.111111111111111e14",
    "2021 2022\n2023 2024",
)


@pytest.mark.parametrize(("type_", "text", "values"), FOUND)
def test_what_is_written_out_is_found(type_: str, text: str, values: list[str]) -> None:
    found = {value for pattern in PATTERNS for value in find((pattern,), text, type_)}
    assert max(found, key=len, default="") == values[0]


@pytest.mark.parametrize("text", NOT_FOUND)
def test_prose_is_left_alone(text: str) -> None:
    assert [pattern.rule for pattern in PATTERNS if find((pattern,), text, pattern.type)] == []


@pytest.mark.parametrize(("type_", "text", "values"), FOUND)
def test_and_no_letter_of_it_leaves_before_its_verdict(
    engine: PatternEngine, type_: str, text: str, values: list[str]
) -> None:
    channel = Channel(0, "content")
    whole, _ = stream(engine, REDACT_ALL, channel, [text])
    letters, seen = stream(engine, REDACT_ALL, channel, list(text))
    assert letters == whole
    assert all(whole.startswith(so_far) for so_far in seen)
    assert f"[{type_}]" in whole
