"""Presidio itself, as the oracle: one recognizer in its own `AnalyzerEngine`, with its own context enhancer.

Words are cut by spaCy's own English tokenizer. There is no model, so a word's lemma is the word.
"""

import re
from collections.abc import Iterable
from functools import cache

from presidio_analyzer import AnalyzerEngine, EntityRecognizer, RecognizerRegistry

from benchmarks.words import Words
from guard.core.channel import Channel
from guard.core.finding import Finding
from guard.scan.engine import PatternEngine

Found = tuple[str, int, int, float]
"""Type, start, end, score."""

DECODED = re.compile("_in_(base64|hex)$")
"""Presidio does not look into encoded text."""

CHANNEL = Channel(0, "content")


@cache
def words() -> Words:
    """One for all: it holds a vocabulary."""
    return Words()


class Oracle:
    """What Presidio finds with some recognizers."""

    def __init__(self, recognizers: Iterable[EntityRecognizer]) -> None:
        registry = RecognizerRegistry(list(recognizers), supported_languages=["en"])
        for recognizer in registry.recognizers:
            recognizer.supported_language = "en"
        self._analyzer = AnalyzerEngine(registry=registry, nlp_engine=words(), supported_languages=["en"])

    def find(self, text: str) -> set[Found]:
        """Every finding, whatever its score."""
        results = self._analyzer.analyze(text, language="en", score_threshold=0.0)
        return {(one.entity_type, one.start, one.end, one.score) for one in results}


def found(engine: PatternEngine, pieces: Iterable[str]) -> set[Found]:
    """What Guard finds in a text that comes in pieces."""
    return {(one.type, one.start, one.end, one.score) for one in findings(engine, pieces)}


def findings(engine: PatternEngine, pieces: Iterable[str]) -> list[Finding]:
    """The findings themselves. None may begin in text that an earlier verdict has let go."""
    scanner = engine.open(CHANNEL)
    seen: list[Finding] = []
    free = 0
    for piece, final in (*((piece, False) for piece in pieces), ("", True)):
        verdict = scanner.feed(piece, final)
        assert all(one.start >= free for one in verdict.findings if not one.type.startswith("HIDDEN"))
        seen += verdict.findings
        free = verdict.upto
    scanner.close()
    return [one for one in seen if not one.type.startswith("HIDDEN") and not DECODED.search(one.rule)]
