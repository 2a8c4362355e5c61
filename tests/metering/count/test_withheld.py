"""What did not reach the client is told in tokens: by class and by its share of the characters."""

import pytest

from guard.core.usage import Usage
from guard.metering.count.withheld import Withheld, withheld_tokens

NONE = Withheld()
PLAIN = Usage(completion=100)
MIXED = Usage(completion=100, reasoning=40, tool=30)
"""And thirty tokens of an answer."""

CASES = [
    # what it shows, the counts, withheld and written characters of answer, thoughts and calls, tokens
    ("nothing withheld", PLAIN, Withheld(0, 400), NONE, NONE, 0),
    ("nothing written", PLAIN, NONE, NONE, NONE, 0),
    ("all of it, the tokens without text too", PLAIN, Withheld(400, 400), NONE, NONE, 100),
    ("a quarter", PLAIN, Withheld(100, 400), NONE, NONE, 25),
    ("a little is one", PLAIN, Withheld(1, 400), NONE, NONE, 1),
    ("more than was written is all of it", PLAIN, Withheld(500, 400), NONE, NONE, 100),
    ("no tokens", Usage(completion=0), Withheld(10, 40), NONE, NONE, 0),
    ("nobody counted", Usage(), Withheld(10, 40), NONE, NONE, 0),
    ("a call alone", MIXED, Withheld(0, 120), Withheld(0, 160), Withheld(60, 60), 30),
    ("half of each", MIXED, Withheld(60, 120), Withheld(80, 160), Withheld(30, 60), 50),
    (
        "thoughts that were reported otherwise",
        Usage(completion=10, reasoning=50),
        Withheld(0, 9),
        Withheld(9, 9),
        NONE,
        10,
    ),
    ("tagged thoughts in the answer's channel", MIXED, Withheld(200, 120), Withheld(0, 160), Withheld(0, 60), 30 + 20),
]


@pytest.mark.parametrize(
    ("usage", "answer", "reasoning", "tool", "tokens"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_withheld_tokens(usage: Usage, answer: Withheld, reasoning: Withheld, tool: Withheld, tokens: int) -> None:
    assert withheld_tokens(usage, answer, reasoning, tool) == tokens
