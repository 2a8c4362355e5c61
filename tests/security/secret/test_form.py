"""Every secret with a provider's form is found as it stands, and what only looks like it is left alone."""

from collections import Counter

import pytest
import regex

from guard.core.channel import Channel
from guard.core.taxonomy import group_of
from guard.scan.engine import PatternEngine
from guard.scan.store import DatabaseStore
from guard.security.secret.table import FORMS as PATTERNS
from tests.pii.reference import backtracking_spans, find, spans
from tests.security.secret import (
    ai,
    cloud,
    identity,
    messaging,
    observability,
    package_registry,
    payment,
    source_control,
)
from tests.security.secret.example import Example, made

FAMILIES = (ai, cloud, identity, messaging, observability, package_registry, payment, source_control)
TABLE: tuple[Example, ...] = tuple(row for family in FAMILIES for row in family.TABLE)
BY_RULE = {pattern.rule: pattern for pattern in PATTERNS}
EACH = pytest.mark.parametrize(("rule", "text", "secret", "look_alike"), TABLE, ids=[row[0] for row in TABLE])


def test_every_rule_has_an_example() -> None:
    assert Counter(row[0] for row in TABLE) == Counter(BY_RULE.keys())


@EACH
def test_a_secret_is_found_in_its_place(rule: str, text: str, secret: str, look_alike: str) -> None:
    pattern = BY_RULE[rule]
    whole, value = split(text, secret)
    assert find([pattern], whole, pattern.type) == [value]


@EACH
def test_a_look_alike_is_left_alone(rule: str, text: str, secret: str, look_alike: str) -> None:
    pattern = BY_RULE[rule]
    assert find([pattern], made(look_alike), pattern.type) == []


@EACH
def test_every_way_to_read_a_body_finds_the_same(rule: str, text: str, secret: str, look_alike: str) -> None:
    whole, _ = split(text, secret)
    for one in (whole, made(look_alike), f"{whole}.{whole}"):
        found = list(spans(BY_RULE[rule], one))
        assert list(spans(BY_RULE[rule], one, regex.POSIX)) == found
        assert list(backtracking_spans(BY_RULE[rule], one)) == found


def test_rules_are_named_once_and_in_the_taxonomy() -> None:
    assert len(BY_RULE) == len(PATTERNS)
    assert {group_of(pattern.type) for pattern in PATTERNS} == {"secret"}


def split(text: str, secret: str) -> tuple[str, str]:
    """The text with the secret made once."""
    value = made(secret)
    return made(text.replace(secret, "\0")).replace("\0", value), value


@pytest.fixture(scope="module")
def engine(store: DatabaseStore) -> PatternEngine:
    return PatternEngine(PATTERNS, store=store)


@EACH
def test_a_stream_finds_it_too(engine: PatternEngine, rule: str, text: str, secret: str, look_alike: str) -> None:
    whole, value = split(text, secret)
    scanner = engine.open(Channel(choice=0, field="content"))
    verdicts = [scanner.feed(char, False) for char in whole]
    verdicts.append(scanner.feed(" and so on", True))
    scanner.close()
    found = {(f.rule, whole[f.start : f.end]) for verdict in verdicts for f in verdict.findings}
    assert (rule, value) in found
