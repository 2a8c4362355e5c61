"""What Presidio finds with a recognizer, Guard finds with it: type, span and score, in one piece and letter by letter.

The texts are those of Presidio's own tests, and many that are made from each recognizer's expressions. `python -m
tests.pii.presidio.corpus 200` compares more of them.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from guard.pii.presidio.source import classes, pin_suffix_list
from guard.pii.presidio.translation import patterns_of
from guard.scan.engine import PatternEngine
from guard.scan.store import DatabaseStore
from tests.pii.presidio.differences import DIFFERENCES, reason
from tests.pii.presidio.generate import recognizer_texts
from tests.pii.presidio.oracle import Found, Oracle, found

ROUNDS = 15
TEXTS: dict[str, list[str]] = json.loads((Path(__file__).parent / "texts.json").read_text(encoding="utf-8"))
ALL = pytest.mark.parametrize("name", classes())


@pytest.fixture(scope="module", autouse=True)
def _offline() -> None:
    pin_suffix_list()


def differing(name: str, texts: Iterable[str]) -> Iterator[tuple[str, set[Found], set[Found]]]:
    """Texts, with what Presidio finds in them and what Guard does, that are not the same."""
    kind = classes()[name]
    engine, oracle = PatternEngine(patterns_of(kind(), threshold=0.4)), Oracle([kind()])
    for text in texts:
        theirs, ours = oracle.find(text), found(engine, [text])
        assert found(engine, text) == ours, f"the cut makes a difference: {text!r}"
        if ours != theirs:
            yield text, theirs, ours


@ALL
def test_the_texts_of_presidio_s_own_tests(name: str) -> None:
    unexplained = [one for one in differing(name, TEXTS.get(name, ())) if reason(name, one[0]) is None]
    assert unexplained == []


@ALL
def test_generated_texts(name: str) -> None:
    texts = recognizer_texts(classes()[name](), ROUNDS)
    assert [one for one in differing(name, texts) if reason(name, one[0]) is None] == []


@ALL
def test_what_is_generated_holds_values_with_and_without_their_context(name: str) -> None:
    oracle = Oracle([classes()[name]()])
    texts = [*recognizer_texts(classes()[name](), ROUNDS), *TEXTS.get(name, ())]
    scores = {score for text in texts for _, _, _, score in oracle.find(text)}
    assert scores, "a table without a value proves nothing"


def test_every_listed_difference_is_one() -> None:
    for (name, text), why in DIFFERENCES.items():
        assert list(differing(name, [text])), f"{name} {text!r} is the same by now: {why}"


def test_all_recognizers_together_find_what_each_finds_alone(store: DatabaseStore) -> None:
    patterns = [p for kind in classes().values() for p in patterns_of(kind(), threshold=0.4)]
    engine = PatternEngine(patterns, store=store)
    texts = [text for name in list(TEXTS)[::4] for text in TEXTS[name][:4]]
    oracles = {name: Oracle([kind()]) for name, kind in classes().items()}
    for text in texts:
        if any(reason(name, text) for name in oracles):
            continue
        assert found(engine, text) == set().union(*(oracle.find(text) for oracle in oracles.values())), text
