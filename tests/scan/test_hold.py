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
from guard.scan.automaton import SENTINEL, Automaton, Rule
from guard.scan.engine import PatternEngine
from guard.scan.fold import CharTable, Fold
from guard.scan.pattern import Pattern
from guard.scan.prefix import reversed_prefixes
from tests.core.playbook import REDACT_ALL
from tests.flow import cut, stream
from tests.scan.planted import TEXTS, VALUES

CONTENT = Channel(0, "content")


@given(text=TEXTS)
def test_what_is_held_is_just_what_some_pattern_could_still_complete(engine: PatternEngine, text: str) -> None:
    window = SENTINEL + Fold(CharTable()).feed(text, final=True).text
    least = min(_earliest(rule, window) for rule in engine.automaton.rules)
    assert engine.automaton.viable(window) == least


@given(text=TEXTS)
def test_each_pattern_by_itself_is_held_just_as_far(automata: list[Automaton], text: str) -> None:
    window = SENTINEL + Fold(CharTable()).feed(text, final=True).text
    for automaton in automata:
        assert automaton.viable(window) == _earliest(automaton.rules[0], window)


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
    prefix, exact = _compiled(reversed_prefixes(body)), _compiled(body)
    is_prefix = bool(text) and exact.fullmatch(text, partial=True) is not None
    assert (prefix.fullmatch(text[::-1]) is not None) == is_prefix


@pytest.fixture(scope="module")
def automata(engine: PatternEngine) -> list[Automaton]:
    """One for each pattern."""
    return [Automaton([rule.pattern]) for rule in engine.automaton.rules]


def _earliest(rule: Rule, window: str) -> int:
    """Where the first suffix begins that the exact pattern could still complete."""
    starts = (at for at in range(1, len(window)) if rule.exact.fullmatch(window, at, partial=True) is not None)
    return next(starts, len(window))


@cache
def _compiled(body: str) -> "regex.Pattern[str]":
    return regex.compile(body, regex.VERSION0 | regex.ASCII | regex.DOTALL)


@pytest.mark.parametrize(
    ("body", "not_after", "text", "held"),
    [
        (r"\(?0[1-9](?:[ )/\-]{0,2}[0-9]){7,11}", "0-9A-Za-z.,", "E29 NB00 0000 01", "01"),
        (r"A(?:KIA|SIA|BIA|CCA|3T[0-9A-Z])[0-9A-Z]{16}", "0-9A-Za-z", "example.or((AKIA", "AKIA"),
        (r"x[0-9]{3,90}y", "", "ax" + "1" * 90, "x" + "1" * 90),
        (r"x[0-9]{3,90}y", "", "ax" + "1" * 91, ""),
    ],
)
def test_a_native_matcher_that_forgets_where_matches_start_does_not_matter(
    body: str, not_after: str, text: str, held: str
) -> None:
    window = SENTINEL + text
    at = Automaton([Pattern("X", "x", body, not_after=not_after)]).viable(window)
    assert window[at:] == held
