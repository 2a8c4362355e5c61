"""From probabilities to names: BIO repaired, signs joined and trimmed, placeholders left alone, scores calibrated."""

import math

import numpy as np
import pytest
from msgspec.structs import replace

from guard.inference.manifest import EntitySpec
from guard.pii.names.span import Decoder
from guard.pii.names.word import words_of
from tests.pii.names.token_model import SPEC

LABELS = {"O": 0, "B": 1, "I": 2, "b": 3, "i": 4}
"""Small letters: places."""


def found(text: str, labels: str, first: int = 0, last: int | None = None) -> list[tuple[str, str]]:
    words = words_of(text)
    rows = np.full((len(words), 5), 0.01, dtype=np.float32)
    for row, label in zip(rows, labels.split(), strict=True):
        row[LABELS[label]] = 0.96
    findings = Decoder(SPEC, "names").findings(words, rows, first, last)
    return [(one.type, text[one.start : one.end]) for one in findings]


@pytest.mark.parametrize(
    ("text", "labels", "names"),
    [
        ("to Ann Smith now", "O B I O", [("PERSON", "Ann Smith")]),
        ("to Ann Smith now", "O I I O", [("PERSON", "Ann Smith")]),
        ("Ann Bob", "B B", [("PERSON", "Ann"), ("PERSON", "Bob")]),
        ("Ann London", "B i", [("PERSON", "Ann"), ("LOCATION", "London")]),
        ("Ann O'Neil", "B I I I", [("PERSON", "Ann O'Neil")]),
        ("Ann O'Neil", "B I O I", [("PERSON", "Ann O'Neil")]),
        ("J. Smith.", "B O I O", [("PERSON", "J. Smith")]),
        ("Ann Jr. met", "B I I O", [("PERSON", "Ann Jr.")]),
        ("Lima (PE)", "b i i i", [("LOCATION", "Lima (PE)")]),
        ("(Lima) it", "O b i O", [("LOCATION", "Lima")]),
        ("Ann. Bob", "B O I", [("PERSON", "Ann. Bob")]),
        ("London. Lima", "b O i", [("LOCATION", "London"), ("LOCATION", "Lima")]),
        ("Lima, Peru", "b i i", [("LOCATION", "Lima, Peru")]),
        ("Lima, Peru", "b i b", [("LOCATION", "Lima"), ("LOCATION", "Peru")]),
        ("Ann\nSmith", "B I", [("PERSON", "Ann"), ("PERSON", "Smith")]),
        ("Ann, Bob", "B I B", [("PERSON", "Ann"), ("PERSON", "Bob")]),
        ("(Ann)", "B I I", [("PERSON", "Ann")]),
        ("Ann <PERSON_k3f9> Smith", "B I I", [("PERSON", "Ann"), ("PERSON", "Smith")]),
        ("<PERSON_k3f9>", "B", []),
        ("", "", []),
    ],
)
def test_labels_become_names(text: str, labels: str, names: list[tuple[str, str]]) -> None:
    assert found(text, labels) == names


@pytest.mark.parametrize(("text", "parts"), [("12 Hill\nLima", 1), ("12 Hill,\nLima", 1), ("12 Hill\n\nLima", 2)])
def test_an_address_goes_on_in_the_next_line_and_not_behind_an_empty_one(text: str, parts: int) -> None:
    spec = replace(
        SPEC,
        labels=("O", "B-PERSON", "I-PERSON", "B-STREET_ADDRESS", "I-STREET_ADDRESS"),
        entities=(EntitySpec("PERSON"), EntitySpec("STREET_ADDRESS")),
    )
    words = words_of(text)
    rows = np.array([[0.01, 0.01, 0.01, 0.02, 0.95]] * len(words), dtype=np.float32)
    assert len(Decoder(spec, "names").findings(words, rows)) == parts


def test_only_names_of_the_stretch_count_and_of_earlier_ones_the_rest() -> None:
    assert found("Ann Smith met Bob", "B I O B", first=1, last=3) == [("PERSON", "Smith")]
    assert found("a Ann Smith met Bob", "O B I O B", first=1, last=2) == [("PERSON", "Ann Smith")]


def test_a_score_is_calibrated_and_has_its_threshold() -> None:
    spec = replace(SPEC, entities=(EntitySpec("PERSON", 0.3, a=2.0, b=-1.0), EntitySpec("LOCATION", 0.9)))
    words = words_of("Ann London")
    rows = np.array([[0.4, 0.5, 0.1, 0, 0], [0.2, 0, 0, 0.8, 0]], dtype=np.float32)
    (finding,) = Decoder(spec, "names").findings(words, rows)
    expected = 1 / (1 + math.exp(-(2 * math.log(0.6 / 0.4) - 1)))
    assert (finding.type, finding.score) == ("PERSON", pytest.approx(expected, abs=1e-5))
    assert (finding.threshold, finding.engine, finding.rule, finding.version) == (0.3, "names", "pii-ner", "3")
