"""What every pattern promises the automaton, whoever wrote it."""

import re
from collections.abc import Iterable
from functools import cache

import hyperscan
import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from guard.core.channel import Channel
from guard.core.taxonomy import GROUPS, group_of
from guard.scan.engine import PatternEngine
from guard.scan.pattern import OTHER_LETTER, OTHER_SIGN
from guard.scan.prefix import reversed_prefixes
from guard.scan.store import DatabaseStore
from tests.pii.corpus import PATTERNS, TEXTS
from tests.pii.reference import backtracking_spans, fold, spans

BY_RULE = {pattern.rule: pattern for pattern in PATTERNS}
VALIDATED = [pattern.rule for pattern in PATTERNS if pattern.validate is not None]
RULES = pytest.mark.parametrize("rule", BY_RULE)
ALL_TEXT = " ".join(text for text in TEXTS if "BEGIN" not in text)


def test_rules_are_named_once() -> None:
    assert len(BY_RULE) == len(PATTERNS)


@RULES
def test_a_pattern_s_type_is_in_the_taxonomy_and_its_score_is_a_chance(rule: str) -> None:
    assert group_of(BY_RULE[rule].type) in GROUPS
    assert 0 < BY_RULE[rule].score <= 1


@RULES
def test_a_body_is_common_to_re_and_hyperscan_and_never_empty(rule: str) -> None:
    pattern = BY_RULE[rule]
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    flags = hyperscan.HS_FLAG_DOTALL | (hyperscan.HS_FLAG_CASELESS if pattern.caseless else 0)
    database.compile(expressions=[pattern.body.encode("latin-1")], ids=[0], flags=[flags])
    assert re.fullmatch(pattern.body, "", re.IGNORECASE if pattern.caseless else 0) is None
    assert reversed_prefixes(pattern.body)


@RULES
def test_classes_of_neighbours_are_classes(rule: str) -> None:
    for members in filter(None, (BY_RULE[rule].not_after, BY_RULE[rule].not_before)):
        assert not members.startswith("^")
        assert re.fullmatch(f"[{members}]", "0")


@RULES
def test_every_way_to_read_a_body_finds_the_same(rule: str) -> None:
    pattern = BY_RULE[rule]
    for text in (*TEXTS, ALL_TEXT):
        folded = fold(text)[0]
        found = list(spans(pattern, folded))
        assert list(spans(pattern, folded, regex.POSIX)) == found, text
        assert list(backtracking_spans(pattern, folded)) == found, text


@pytest.mark.parametrize("rule", VALIDATED)
def test_a_validator_takes_all_that_its_body_matches_and_answers_with_a_span_in_it(rule: str) -> None:
    pattern = BY_RULE[rule]
    validate = pattern.validate
    assert validate is not None
    alphabet = st.characters(max_codepoint=0x7E, min_codepoint=0x09) | st.sampled_from((OTHER_LETTER, OTHER_SIGN))
    body = re.compile(pattern.body, re.ASCII | re.DOTALL | (re.IGNORECASE if pattern.caseless else 0))

    @settings(max_examples=50)  # for each of some two hundred rules
    @given(st.from_regex(body, fullmatch=True, alphabet=alphabet))
    def holds(text: str) -> None:
        span = validate(text)
        assert span is None or 0 <= span[0] < span[1] <= len(text)

    holds()


@pytest.fixture(scope="module")
def engine(store: DatabaseStore) -> PatternEngine:
    return PatternEngine(PATTERNS, store=store)


def _by_engine(engine: PatternEngine, pieces: list[str]) -> dict[str, set[int]]:
    scanner = engine.open(Channel(choice=0, field="content"))
    found = [
        finding
        for number, piece in enumerate(pieces)
        for finding in scanner.feed(piece, number == len(pieces) - 1).findings
        if not finding.type.startswith("HIDDEN")
    ]
    scanner.close()
    return _covered((finding.type, finding.start, finding.end) for finding in found)


@cache
def _by_reference(text: str) -> dict[str, set[int]]:
    """Slow, and asked for the same texts in each way to cut them."""
    folded, starts, ends = fold(text)
    return _covered(
        (pattern.type, starts[start], ends[end - 1]) for pattern in PATTERNS for start, end in spans(pattern, folded)
    )


def _covered(found: Iterable[tuple[str, int, int]]) -> dict[str, set[int]]:
    covered: dict[str, set[int]] = {}
    for type_, start, end in found:
        covered.setdefault(type_, set()).update(range(start, end))
    # A key block is one region: what stands in it is not looked at.
    key = covered.get("SECRET_PRIVATE_KEY")
    return covered if key is None else {"SECRET_PRIVATE_KEY": key}


@pytest.mark.parametrize(
    ("size", "texts"),
    [(1, TEXTS), (7, TEXTS), (97, (ALL_TEXT,))],
    ids=["characters", "pieces", "one long text"],
)
def test_the_automaton_finds_what_the_reference_finds_however_the_text_is_cut(
    engine: PatternEngine, size: int, texts: tuple[str, ...]
) -> None:
    for text in texts:
        pieces = [text[at : at + size] for at in range(0, len(text), size)]
        assert _by_engine(engine, pieces) == _by_reference(text), text
