"""What the automaton holds of an expression is never less than the expression matches, however it is written.

The oracle is `regex` on the whole text: each value that it finds, Guard finds, and nothing of it leaves too early.
"""

import random

import pytest
import regex

from guard.core.channel import Channel
from guard.scan.engine import PatternEngine
from guard.scan.pattern import Judge, Pattern
from guard.scan.relax import MOST_CHARS, relax
from guard.scan.syntax import parse
from tests.scan.written import write

FLAGS = regex.IGNORECASE | regex.MULTILINE | regex.DOTALL
CHANNEL = Channel(0, "content")

EXPRESSIONS = (
    r"\b\d{3}-\d{2}\b",
    r"(?<!\d)\d{4}(?!\d)",
    r"(?<![\w-])[A-Z]{1,2}-\d{1,3}[EH]?(?!\w)",
    r"\b(?!00)\d{2}(?=-x)",
    r"\b(?=[a-z0-9]{4,6}\b)(?=[a-z]*\d)[a-z0-9]+\b",
    r"(?:^|(?<=\W))(ab|b1)(?:(?=\W)|$)",
    r"(?<=\b(?:id|no)(?:\s*:\s*|\s+))\d{2,4}\b",
    r"\b([ab])\d\1\b",
    r"a(?=b\d)|\d{2}(?!\d|-)",
    r"\d{2}(?![\d]|-\d)",
    r"^a\d+$",
    r"\b\d+?\b",
    r"(?>\d{1,3})-\d",
    r"\ba\d{1,3}+b?",
    r"\Ba\d\B",
    r"[^\W\d]{2}\d",
    r"\u00e4\d{2}|[\u00e0-\u00ef]b",
    r"[^\u00e4\d\s]-",
    r"(?i:A)\d(?-i:b)",
    r"\b(?:(\d{2})-)?\d{3}\b",
)
PIECES = (
    "-x",
    "a",
    "b",
    "A",
    "h",
    "1",
    "0",
    "12",
    "123",
    "00",
    "-",
    " ",
    "\n",
    ":",
    "id",
    "no",
    "x",
    "\u00e4",
    "\u00f6",
    ".",
)


@pytest.mark.parametrize("source", EXPRESSIONS)
@pytest.mark.parametrize("letter_by_letter", [False, True], ids=["whole", "letters"])
def test_every_match_of_the_expression_is_found_and_nothing_else(source: str, letter_by_letter: bool) -> None:
    engine = PatternEngine([_pattern(source)])
    oracle = regex.compile(source, FLAGS)
    chance = random.Random(source)
    tree = parse(relax(source, FLAGS).exact, relax(source, FLAGS).flags)
    matches = 0
    for _ in range(400):
        parts = [*chance.choices(PIECES, k=chance.randrange(1, 10)), write(tree, chance), chance.choice(PIECES)]
        text = "".join(parts[chance.randrange(3) :])
        expected = [match.span() for match in oracle.finditer(text) if match.group()]
        matches += len(expected)
        assert _found(engine, text if letter_by_letter else [text]) == expected, text
    assert matches > 5


def _pattern(source: str) -> Pattern:
    relaxed = relax(source, FLAGS)
    judge = Judge(
        exact=relaxed.exact,
        flags=relaxed.flags,
        rate=lambda text, _before: (0, len(text), 0.5),
        behind=relaxed.behind,
        letters=relaxed.letters,
        risky=relaxed.risky,
    )
    return Pattern("X", "x", relaxed.body, not_after=relaxed.not_after, waits=relaxed.waits, judge=judge)


def _found(engine: PatternEngine, pieces: str | list[str]) -> list[tuple[int, int]]:
    scanner = engine.open(CHANNEL)
    findings = [finding for piece in pieces for finding in scanner.feed(piece, False).findings]
    findings += scanner.feed("", True).findings
    scanner.close()
    return [(finding.start, finding.end) for finding in findings]


@pytest.mark.parametrize(
    ("source", "cure"),
    [
        ("a*", "one character at least"),
        ("(?:x|)", "one character at least"),
        (r"password: .*", f"bound the repeat to {MOST_CHARS}"),
        (r"(?:\w+\s)*end", "leave white space out"),
        (r"a(?=.*b)", "bound the repeat"),
        (r"(?<!foo)bar", "look at one character"),
        (r"\Astart", r"use \\b"),
        (r"end\Z", r"use \\b"),
        (r"\p{Lu}\d", "Python's re"),
        (r"(?<=ab)(c)\1", "without one of them"),
        ("(unclosed", "Python's re"),
    ],
)
def test_what_a_stream_cannot_hold_is_refused_with_the_cure(source: str, cure: str) -> None:
    with pytest.raises(ValueError, match=cure):
        relax(source, FLAGS)


@pytest.mark.parametrize(
    ("source", "text", "held"),
    [
        (r"\b[0-9]{8,17}\b", "The plan of 12 boats.", ""),
        (r"\b[0-9]{8,17}\b", "The plan of 12", "12"),
        (r"\b[0-9]{8,17}\b", "The plan of 12345678", "12345678"),
        (r"\b[0-9]{8,17}\b", "The plan of 123456781234567812", ""),
        (r"(?<=\bclaim\s)\d{6}", "a claim ", "claim "),
        (r"\d{2}(?!-\d)", "12-", "12-"),
        (r"\b(?=[A-Z-]*\d)[A-Z]{3}", "see ABC-", "ABC-"),
    ],
)
def test_only_what_may_still_become_a_value_is_held(source: str, text: str, held: str) -> None:
    scanner = PatternEngine([_pattern(source)]).open(CHANNEL)
    upto = scanner.feed(text, False).upto
    scanner.close()
    assert text[upto:] == held


def test_an_expression_that_backtracks_for_ever_is_cut_short_and_its_text_is_taken_for_what_it_looks_like() -> None:
    engine = PatternEngine([_pattern(r"\b(?:(?:a|aa)+)+;")])
    text = "a" * 3_000 + "! a;"
    found = _found(engine, [text[at : at + 500] for at in range(0, len(text), 500)])
    assert found[0][0] == 0
    assert found[0][1] >= 3_000
