"""The score that a recognizer gives a match: its pattern's, its validator's, and what context adds.

The same sums as Presidio's, in the same order, so that scores are equal to the last bit.
"""

from typing import Final

from presidio_analyzer import PatternRecognizer

from guard.pii.presidio.context import Context
from guard.scan.pattern import Rater
from guard.scan.received import Before

BOOST: Final = 0.35
"""What context adds (`LemmaContextAwareEnhancer`'s `context_similarity_factor`)."""

LEAST_WITH_CONTEXT: Final = 0.4
"""What a match with context has at least (`min_score_with_context_similarity`)."""

_ODD: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What a validator that did not expect such a text may raise: it has no opinion then."""


def rater(recognizer: PatternRecognizer, score: float, context: Context) -> Rater:
    """Rates the matches of one pattern of `recognizer`, whose own score is `score`."""
    kind = type(recognizer)
    validates = kind.validate_result is not PatternRecognizer.validate_result
    invalidates = kind.invalidate_result is not PatternRecognizer.invalidate_result
    analyzes = kind.analyze is not PatternRecognizer.analyze

    def rate(text: str, before: Before) -> tuple[int, int, float] | None:
        start, end, points = 0, len(text), score
        if analyzes:
            found = _analyzed(recognizer, text)
            if found is None:
                return None
            start, end, points = found
        elif validates or invalidates:
            points = _validated(recognizer, text, score)
        if points <= 0:
            return None
        if points < 1 and context and context.supports(before, text):
            points = min(max(points + BOOST, LEAST_WITH_CONTEXT), 1.0)
        return start, end, points

    return rate


def _validated(recognizer: PatternRecognizer, text: str, score: float) -> float:
    """1 if the validator confirms, 0 if it or its opposite refuses; the pattern's score if neither says anything."""
    try:
        valid = recognizer.validate_result(text)
        if valid is not None:
            score = 1.0 if valid else 0.0
        return 0.0 if recognizer.invalidate_result(text) else score
    except _ODD:
        return score


def _analyzed(recognizer: PatternRecognizer, text: str) -> tuple[int, int, float] | None:
    """A recognizer that reads matches in a way of its own is asked about the match alone."""
    results = recognizer.analyze(text, recognizer.supported_entities)
    best = max(results, key=lambda result: result.score, default=None)
    return None if best is None else (best.start, best.end, best.score)
