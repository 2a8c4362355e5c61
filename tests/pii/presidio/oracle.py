"""Presidio itself, as the oracle: one recognizer in its own `AnalyzerEngine`, with its own context enhancer.

Words are cut by spaCy's own English tokenizer. There is no model, so a word's lemma is the word.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache

import spacy
from presidio_analyzer import AnalyzerEngine, EntityRecognizer, RecognizerRegistry
from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine

from guard.core.channel import Channel
from guard.core.finding import Finding
from guard.scan.engine import PatternEngine

Found = tuple[str, int, int, float]
"""Type, start, end, score."""

DECODED = re.compile("_in_(base64|hex)$")
"""Presidio does not look into encoded text."""

CHANNEL = Channel(0, "content")


class Words(NlpEngine):
    """Cuts text into words, and nothing more."""

    engine_name = "words"
    is_available = True

    def __init__(self) -> None:
        self._english = spacy.blank("en")

    def load(self) -> None:
        pass

    def is_loaded(self) -> bool:
        return True

    def process_text(self, text: str, language: str) -> NlpArtifacts:
        words = self._english.make_doc(text)
        return NlpArtifacts([], words, [word.idx for word in words], [word.text for word in words], self, language)

    def process_batch(
        self, texts: Iterable[str], language: str, batch_size: int = 1, n_process: int = 1, **kwargs: object
    ) -> Iterator[tuple[str, NlpArtifacts]]:
        return ((text, self.process_text(text, language)) for text in texts)

    def is_stopword(self, word: str, language: str) -> bool:
        return bool(self._english.vocab[word].is_stop)

    def is_punct(self, word: str, language: str) -> bool:
        return bool(self._english.vocab[word].is_punct)

    def get_supported_entities(self) -> list[str]:
        return []

    def get_supported_languages(self) -> list[str]:
        return ["en"]


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
