"""Presidio's own analyzer takes Guard's names as a recognizer, beside its own and without any NER of spaCy's."""

import asyncio
import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import pytest
import yaml
from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
from presidio_analyzer.nlp_engine import NoOpNlpEngine
from presidio_analyzer.predefined_recognizers import EmailRecognizer

from guard.core.finding import Finding
from guard.errors import ConfigError, EngineError
from guard.inference.manifest import EntitySpec
from guard.pii.names.presidio import NameRecognizer
from tests.inference.vocabulary import tokenizer_json
from tests.pii.names.token_model import SPEC

MODEL = Path(__file__).parents[2] / "inference" / "models" / "token.onnx"
WORDS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "london", "it", "ann")
"""The tiny model takes a word whose number is 1 modulo 5 for the beginning of a person's name: `ann`."""


@pytest.fixture
def models(tmp_path: Path) -> Path:
    tokenizer = tokenizer_json(WORDS)
    (tmp_path / "t").write_bytes(tokenizer)
    (tmp_path / "m").write_bytes(MODEL.read_bytes())
    spec = msgspec.structs.replace(
        SPEC,
        sha256=hashlib.sha256(MODEL.read_bytes()).hexdigest(),
        entities=(EntitySpec("PERSON", 0.9), EntitySpec("LOCATION", 0.9)),
        tokenizer=msgspec.structs.replace(SPEC.tokenizer, sha256=hashlib.sha256(tokenizer).hexdigest()),
    )
    document = {"schema": 1, "models": [msgspec.json.decode(msgspec.json.encode(spec))]}
    (tmp_path / "manifest.yaml").write_text(yaml.safe_dump(document))
    return tmp_path


@pytest.fixture
def recognizer(models: Path) -> Iterator[NameRecognizer]:
    opened = NameRecognizer.open(models)
    yield opened
    opened.close()


def analyzer(recognizer: NameRecognizer) -> AnalyzerEngine:
    registry = RecognizerRegistry(recognizers=[EmailRecognizer(), recognizer], supported_languages=["en"])
    blank = NoOpNlpEngine([{"lang_code": "en", "model_name": "none"}])
    return AnalyzerEngine(registry=registry, nlp_engine=blank, supported_languages=["en"])


def test_the_analyzer_finds_names_beside_its_own_entities(recognizer: NameRecognizer) -> None:
    text = "it Ann, joe@example.com"
    found = analyzer(recognizer).analyze(text, language="en")
    assert sorted((one.entity_type, text[one.start : one.end]) for one in found) == [
        ("EMAIL_ADDRESS", "joe@example.com"),
        ("PERSON", "Ann"),
    ]
    assert all(0.5 <= one.score <= 1 for one in found)
    named = next(one for one in found if one.entity_type == "PERSON")
    assert named.recognition_metadata["recognizer_name"] == "GuardNames"


def test_it_tells_only_what_is_asked_for(recognizer: NameRecognizer) -> None:
    assert analyzer(recognizer).analyze("it Ann", language="en", entities=["LOCATION"]) == []
    assert {"PERSON", "LOCATION"} <= set(analyzer(recognizer).get_supported_entities("en"))


async def test_it_may_be_asked_from_any_thread_also_beside_a_running_loop(recognizer: NameRecognizer) -> None:
    asked = [asyncio.to_thread(recognizer.analyze, f"it Ann {n}", ["PERSON"]) for n in range(8)]
    assert [len(found) for found in await asyncio.gather(*asked)] == [1] * 8
    assert len(recognizer.analyze("it Ann", ["PERSON"])) == 1


def test_without_a_verdict_it_raises_and_does_not_answer_with_nothing(recognizer: NameRecognizer) -> None:
    def failing(_text: str) -> Sequence[Finding]:
        raise EngineError("no")

    with pytest.raises(EngineError):
        NameRecognizer(failing, ["PERSON"]).analyze("it Ann", ["PERSON"])
    recognizer.close()
    recognizer.close()
    with pytest.raises(EngineError, match="closed"):
        recognizer.analyze("it Ann again", ["PERSON"])


def test_without_a_token_model_it_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "manifest.yaml").write_text("models: []")
    with pytest.raises(ConfigError, match="no token model"):
        NameRecognizer.open(tmp_path)
