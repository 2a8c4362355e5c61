"""Which findings become one edit, and what of a guess is left beside a value of a known form."""

import pytest

from guard.core.finding import Finding
from guard.core.spans import settle


def _loose(start: int, end: int) -> Finding:
    return Finding("PERSON", start, end, engine="names", loose=True)


def _firm(start: int, end: int, type_: str = "IBAN_CODE", score: float = 1.0) -> Finding:
    return Finding(type_, start, end, score)


CASES = [
    ("a guess alone", [_loose(0, 9)], [("PERSON", 0, 9)]),
    ("a guess that runs into a value", [_loose(0, 20), _firm(10, 20)], [("PERSON", 0, 10), ("IBAN_CODE", 10, 20)]),
    ("and into the middle of one", [_loose(0, 15), _firm(10, 20)], [("PERSON", 0, 10), ("IBAN_CODE", 10, 20)]),
    ("a guess that begins in a value", [_firm(0, 10), _loose(5, 20)], [("IBAN_CODE", 0, 10), ("PERSON", 10, 20)]),
    ("a guess that is a value", [_firm(0, 10), _loose(0, 10)], [("IBAN_CODE", 0, 10)]),
    ("a guess within a value", [_firm(0, 10), _loose(2, 8)], [("IBAN_CODE", 0, 10)]),
    ("between two values", [_firm(0, 5), _loose(3, 12), _firm(10, 15)], None),
    ("an unsure value in its middle stays in it", [_loose(0, 20), _firm(5, 10, score=0.6)], [("PERSON", 0, 20)]),
    (
        "a sure one parts it",
        [_loose(0, 20), _firm(5, 10)],
        [("PERSON", 0, 5), ("IBAN_CODE", 5, 10), ("PERSON", 10, 20)],
    ),
    (
        "what looks like a pseudonym takes nothing of it",
        [_loose(2, 9), _firm(0, 9, "PSEUDONYM")],
        [("PSEUDONYM", 0, 9)],
    ),
    ("hidden text ends no guess", [_loose(0, 9), _firm(8, 9, "HIDDEN_BIDI")], [("PERSON", 0, 9)]),
]


@pytest.mark.parametrize(("findings", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
@pytest.mark.parametrize("turned", [False, True])
def test_a_guess_gives_way_at_its_ends(
    findings: list[Finding], expected: list[tuple[str, int, int]] | None, turned: bool
) -> None:
    upto, clusters, left = settle(findings[::-1] if turned else findings, 100)
    found = [(c[0].type, c[0].start, max(f.end for f in c)) for c in clusters]
    assert found == (expected or [("IBAN_CODE", 0, 5), ("PERSON", 5, 10), ("IBAN_CODE", 10, 15)])
    assert (upto, left) == (100, ())


def test_what_is_not_complete_is_left() -> None:
    upto, clusters, left = settle([_loose(0, 15), _firm(10, 20)], 15)
    assert (upto, [f.type for f in left]) == (10, ["IBAN_CODE"])
    assert [(f.start, f.end) for c in clusters for f in c] == [(0, 10)]
