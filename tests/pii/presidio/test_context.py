"""Context: which words in front of a value speak for it, in a stream as in a text."""

import pytest
from presidio_analyzer.predefined_recognizers import KrPassportRecognizer, UsBankRecognizer

from guard.core.channel import Channel
from guard.pii.presidio.translation import patterns_of
from guard.scan.engine import PatternEngine

NUMBER = "945456787654"
ARGUMENTS = Channel(0, "tool_calls.arguments", 0)

TEXTS = (
    # Text, whether its number counts.
    (f"{NUMBER}", False),
    (f"bank {NUMBER}", True),
    (f"BANK {NUMBER}", True),
    (f"the Mybanking: {NUMBER}", True),
    (f"{NUMBER} bank", False),
    (f"bank al-pha beta gamma delta {NUMBER}", False),
    (f"bank and the of to in with from by at on {NUMBER}", True),
    (f"bank alpha beta gamma delta {NUMBER}", True),
    (f"bank alpha beta gamma delta epsilon {NUMBER}", False),
    (f"b\u200bank {NUMBER}", True),
    (f"\uff42ank\n\n{NUMBER}", True),
    (f"bank{' ' * 300}{NUMBER}", False),
)


@pytest.fixture(scope="module")
def engine() -> PatternEngine:
    return PatternEngine(patterns_of(UsBankRecognizer(), threshold=0.4))


def _scores(engine: PatternEngine, pieces: list[str], channel: Channel) -> list[float]:
    scanner = engine.open(channel)
    seen = [one for piece in pieces for one in scanner.feed(piece, False).findings]
    seen += scanner.feed("", True).findings
    scanner.close()
    assert all(one.threshold == 0.4 for one in seen if not one.type.startswith("HIDDEN"))
    return [one.score for one in seen if not one.type.startswith("HIDDEN")]


@pytest.mark.parametrize(("text", "counts"), TEXTS)
def test_a_weak_number_counts_with_its_context_however_the_text_is_cut(
    engine: PatternEngine, text: str, counts: bool
) -> None:
    expected = [0.4 if counts else 0.05]
    for size in (1, 7, len(text)):
        pieces = [text[at : at + size] for at in range(0, len(text), size)]
        assert _scores(engine, pieces, Channel(0, "content")) == expected


def test_a_key_in_a_tool_s_arguments_is_context(engine: PatternEngine) -> None:
    assert _scores(engine, list(f'{{"acco\\u0075nt":"{NUMBER}"}}'), ARGUMENTS) == [0.4]
    assert _scores(engine, list(f'{{"order":{NUMBER}}}'), ARGUMENTS) == [0.05]


def test_words_in_other_letters_are_context_by_their_letters() -> None:
    engine = PatternEngine(patterns_of(KrPassportRecognizer(), threshold=0.4))
    assert _scores(engine, list("\uc5ec\uad8c M123A4567"), Channel(0, "content")) == [0.1 + 0.35]
    assert _scores(engine, list("\uc5ec\ud589 M123A4567"), Channel(0, "content")) == [0.1]


def test_context_far_back_in_a_long_stream_is_forgotten_and_near_by_it_is_not(engine: PatternEngine) -> None:
    text = "alpha beta " * 2_000
    assert _scores(engine, [text, f"bank {NUMBER} "], Channel(0, "content")) == [0.4]
    assert _scores(engine, [f"bank {text}", f"{NUMBER} "], Channel(0, "content")) == [0.05]
