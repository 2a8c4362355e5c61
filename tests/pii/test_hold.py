"""What the patterns together keep back in a stream: all that could still become a match, and little else.

The automaton is compared with partial matching over the detectors' own texts and over random ones.
"""

import random
from functools import cache

import pytest
import regex

from guard.scan.automaton import SENTINEL, Automaton
from guard.scan.pattern import Pattern
from guard.scan.store import DatabaseStore
from tests.pii.corpus import PATTERNS, TEXTS
from tests.pii.reference import FLAGS, fold

ALPHABETS = ("0123456789 ", "0123456789 -", "01 .", "0159 +.-/()", "01:a.", "0123456789abcDE :.", "+012345 ", "A0 1-")
ROUNDS = 1_500

PROSE = (
    "The quick brown fox jumps over the lazy dog, and then it goes home.",
    "In 2024 we sold 12 boats at 3,400.50 each (a 7.5 % rise) - not bad!",
    'She said: "it\'s 10:45; the secret key to success is to ask" and left...',
    "Use `git push --force-with-lease` / read the basic authorization chapter: it is short.",
    "The social security office opens at 9. Section 2.3.1 applies since 01.02.2024.",
    "| a | b |\n|---|---|\n| 1 | 22 |\n\n-----\n\n* item (see figure 4) + 5 more\n",
)


@cache
def _growing(pattern: Pattern) -> "regex.Pattern[str]":
    before = f"(?<![{pattern.not_after}])" if pattern.not_after else ""
    return regex.compile(f"{before}(?:{pattern.body})", FLAGS | (regex.IGNORECASE if pattern.caseless else 0))


def _first_viable(text: str, patterns: tuple[Pattern, ...], stop: int) -> int:
    """Where the earliest suffix begins, before `stop`, that one of the patterns could still match; or `stop`."""
    text = f"{SENTINEL}{text}"  # what stands before a text's first character, for patterns that ask what they follow
    for at in range(stop):
        if any(_growing(pattern).fullmatch(text, at + 1, partial=True) for pattern in patterns):
            return at
    return stop


def _windows() -> list[str]:
    chance = random.Random(7)
    texts = [fold(text)[0] for text in TEXTS if len(text) < 300]
    windows = ["".join(chance.choices(chance.choice(ALPHABETS), k=chance.randrange(1, 40))) for _ in range(ROUNDS)]
    for _ in range(ROUNDS):
        one, other = chance.choice(texts), chance.choice(texts)
        behind, ahead = chance.randrange(len(one) + 1), chance.randrange(len(other) + 1)
        mark = chance.choice((" ", "", "(", "\n", ",", "."))
        windows.append(one[max(0, behind - 25) : behind] + mark + other[max(0, ahead - 30) : ahead])
    return windows


def test_nothing_that_could_still_match_is_let_go(store: DatabaseStore) -> None:
    automaton = Automaton(PATTERNS, store)
    let_go = []
    for window in _windows():
        held_from = automaton.viable("\n" + window) - 1
        if _first_viable(window, PATTERNS, held_from) < held_from:
            let_go.append((window, held_from))
    assert let_go == []


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.rule)
def test_prose_waits_for_little_more_than_its_last_word(pattern: Pattern) -> None:
    for prose in PROSE:
        for end in range(1, len(prose) + 1):
            held = prose[_first_viable(prose[:end], (pattern,), end) : end]
            assert len(held.split()) <= 4, held
            assert len(held) <= 24, held
