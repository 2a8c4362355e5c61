"""Bare and oddly grouped digits are a telephone number behind a word that says so, and nothing otherwise.

The numbers are made of zeros and fives, or from ranges set aside for fiction.
"""

import pytest

from guard.core.channel import Channel
from guard.scan.engine import PatternEngine

FOUND = (
    ("call 2125550132 now", "2125550132"),
    ("Call me on 2125550132.", "2125550132"),
    ("My phone number is 2125550132", "2125550132"),
    ("Phone: 668 000 025", "668 000 025"),
    ("tel. 668 000 025", "668 000 025"),
    ("Tel.: 32 700 00 88", "32 700 00 88"),
    ("WhatsApp 94 4000-7500", "94 4000-7500"),
    ("Cell: 98765 00000", "98765 00000"),
    ("Handy 01500000000", "01500000000"),
    ("you can reach me at 9870000210", "9870000210"),
    ('{"phone": "2125550132"}', "2125550132"),
    ("Tél : 0700000014", "0700000014"),
    ("teléfono 600000025", "600000025"),
)
NOT_FOUND = (
    "order 2125550132 is late",
    "call 911",
    "call on 2024-05-06 at nine",
    "call 2024-05-06",
    "recall 2125550132",
    "He called. Order 2125550132 is late.",
    "call the office\n2125550132",
    "phone 123456789012345678",
    "call it 3.14159265358",
    "phone model A2125550132",
)
CHANNEL = Channel(0, "content")


def _found(engine: PatternEngine, pieces: list[str]) -> set[str]:
    scanner = engine.open(CHANNEL)
    found = [f for piece in pieces for f in scanner.feed(piece, False).findings]
    found += scanner.feed("", True).findings
    scanner.close()
    text = "".join(pieces)
    return {text[f.start : f.end] for f in found if f.type == "PHONE_NUMBER"}


@pytest.mark.parametrize(("text", "number"), FOUND)
def test_a_number_behind_its_word_is_found(engine: PatternEngine, text: str, number: str) -> None:
    assert _found(engine, [text]) == {number}
    assert _found(engine, list(text)) == {number}


@pytest.mark.parametrize("text", NOT_FOUND)
def test_other_digits_are_left_alone(engine: PatternEngine, text: str) -> None:
    assert _found(engine, [text]) == set()
    assert _found(engine, list(text)) == set()
