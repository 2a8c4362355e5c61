"""The hold is the least possible: every held suffix can be completed to a match, and nothing sound holds less.

The oracle is the exact pattern by itself, read with the `regex` module's partial matching: it tells whether some
continuation completes a match, and knows nothing of the prefix automaton.
"""

from functools import cache

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from guard.core.channel import Channel
from guard.scan.automaton import SENTINEL, Automaton
from guard.scan.engine import PatternEngine
from guard.scan.fold import CharTable, Fold
from guard.scan.pattern import Pattern
from guard.scan.prefix import prefix_expression
from tests.core.playbook import REDACT_ALL
from tests.flow import cut, stream
from tests.scan.planted import TEXTS, VALUES

CONTENT = Channel(0, "content")


@given(text=TEXTS)
def test_what_is_held_is_just_what_some_pattern_could_still_complete(engine: PatternEngine, text: str) -> None:
    window = SENTINEL + Fold(CharTable()).feed(text, final=True).text
    automaton = engine.automaton
    least = min((rule.viable(window, 1) for rule in automaton.rules), default=len(window))
    assert automaton.viable(window) == least


@pytest.mark.parametrize("value", VALUES)
def test_every_prefix_of_a_value_is_held_and_its_continuation_completes_the_match(
    engine: PatternEngine, value: str
) -> None:
    whole, _ = stream(engine, REDACT_ALL, CONTENT, [f"x: {value} "])
    for end in range(1, len(value)):
        _, seen = stream(engine, REDACT_ALL, CONTENT, ["x: ", value[:end], f"{value[end:]} "])
        assert whole.startswith(seen[1])
        assert value[:end] not in seen[1]


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("The quick brown", "brown"),
        ("The quick brown ", ""),
        ("The quick brown. ", ""),
        ("pay 4111 1111 11", "4111 1111 11"),
        ("pay 4111 1111 1111 1111", "4111 1111 1111 1111"),
        ("mail joe@exam", "joe@exam"),
        ("key AKIA", "AKIA"),
        ("see -----BEGIN RSA PRIV", "-----BEGIN RSA PRIV"),
        ("50%", "50%"),
        ("done!\n", ""),
    ],
)
def test_prose_waits_for_its_last_word_and_a_number_for_its_end(engine: PatternEngine, text: str, held: str) -> None:
    _, seen = stream(engine, REDACT_ALL, CONTENT, cut(text, list(range(len(text)))))
    assert seen[-1] == text[: len(text) - len(held)]


@pytest.mark.parametrize("body", ["a*", "(?:ab)?", "x|", "(?:a|b?)"])
def test_a_pattern_that_matches_nothing_at_all_is_refused(body: str) -> None:
    with pytest.raises(ValueError, match="empty string"):
        Automaton([Pattern("X", "x", body)])


@pytest.mark.parametrize("body", [r"a(?=b)", r"(a)\1", "^a", r"a\b", "a+?b", "(?>ab)c", "a++b"])
def test_a_construct_that_has_no_prefix_automaton_is_refused(body: str) -> None:
    with pytest.raises(ValueError, match="not supported"):
        Automaton([Pattern("X", "x", body)])


@pytest.mark.parametrize(
    "body", ["abc", "a|bc", "(?:ab){2,3}c", "a[0-9]{3,60}b", "(?:a|bc)+d", "a?b+c{0,2}d", "[^a-c]x"]
)
@given(data=st.data())
def test_the_prefix_expression_takes_the_prefixes_and_nothing_else(body: str, data: st.DataObject) -> None:
    text = data.draw(st.text("abcd0123x", max_size=12))
    prefix, exact = _compiled(prefix_expression(body)), _compiled(body)
    is_prefix = bool(text) and exact.fullmatch(text, partial=True) is not None
    if "60" not in body or len(text) < 40:
        assert (prefix.fullmatch(text) is not None) == is_prefix


@cache
def _compiled(body: str) -> "regex.Pattern[str]":
    return regex.compile(body, regex.VERSION0 | regex.ASCII | regex.DOTALL)
