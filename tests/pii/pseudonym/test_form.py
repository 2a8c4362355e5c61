"""Placeholders are found in every form that a model writes them in, and what only looks like one is not."""

import pytest

from guard.app import recognized
from guard.config import RecognizerSettings
from guard.core.channel import Channel
from guard.core.taxonomy import GROUP_OF, PSEUDONYM
from guard.pii.pseudonym.form import Name, patterns, read
from guard.pii.pseudonym.label import labels_of
from guard.scan.engine import PatternEngine

CONTENT = Channel(0, "content")

FOUND = [
    "<PERSON_k3f9>",
    "<person_K3F9>",
    "PERSON_k3f9",
    "Person_K3f9",
    "< PERSON_k3f9 >",
    "<PERSON k3f9>",
    "<PERSON-k3f9>",
    "<PERSON:k3f9>",
    "<PERSON_ k3f9>",
    r"\<PERSON\_k3f9\>",
    r"<PERSON\_k3f9>",
    "&lt;PERSON_k3f9&gt;",
    "%3CPERSON_k3f9%3E",
    "\uff1cPERSON_k3f9\uff1e",
    "<PER\u200bSON_k3f9>",
]
NOT_FOUND = [
    "<PERSON>",
    "PERSON_NAME_OF",
    "XPERSON_k3f9",
    "PERSON_k3f9x_",
    "<NOBODY_k3f9>",
    "person k3f9",
    "<PERSON_\nk3f9>",
    "a < b_abcd",
]


@pytest.mark.parametrize("text", FOUND)
def test_a_placeholder_is_found_and_read_in_this_form(engine: PatternEngine, text: str) -> None:
    scanner = engine.open(CONTENT)
    spans = {text[f.start : f.end] for f in scanner.feed(text + " ", True).findings if f.type == PSEUDONYM}
    scanner.close()
    assert text in spans
    assert read(text, json=False) == Name("PERSON", "k3f9")


@pytest.mark.parametrize("text", NOT_FOUND)
def test_this_is_none(engine: PatternEngine, text: str) -> None:
    scanner = engine.open(CONTENT)
    found = [f for f in scanner.feed(text + " ", True).findings if f.type == PSEUDONYM]
    scanner.close()
    assert found == []


def test_placeholders_of_every_recognizer_there_is_can_be_compiled() -> None:
    types = [pattern.type for pattern in recognized(RecognizerSettings(presidio=("all",)))]
    engine = PatternEngine(patterns(labels_of((*GROUP_OF, *types))))
    engine.prepare()
    scanner = engine.open(CONTENT)
    assert any(f.type == PSEUDONYM for f in scanner.feed("<DE_TAX_ID_k3f9> ", True).findings)
    scanner.close()
