"""Scores of whole texts as the proxy gives them: by the text classifier's cascade, or by the stream model at the end.

It composes nothing: the classifiers are built and started elsewhere.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Final

from guard.core.assessment import Passage
from guard.core.event import EngineStatus
from guard.errors import EngineError, EngineTimeout
from guard.inference.calibration import calibrate
from guard.inference.manifest import ScoreSpec
from guard.ports import Classifier
from guard.security.answer_classifier import MOST_TOKENS, PARAGRAPH_TOKENS, AnswerClassifier
from guard.security.reading import Word, WordReader

_PIECE_CHARS: Final = 1_024
"""How much of a text is pushed before its scores are awaited: queues are bounded."""

Scored = float | EngineStatus
"""A score from 0 to 1, or why there is none."""
Scorer = Callable[[Passage], Awaitable[Scored]]


def text_scorer(classifier: Classifier, name: str) -> Scorer:
    """The cascade's score, as a prompt gets it."""

    async def score(passage: Passage) -> Scored:
        assessed = (await classifier.assess([passage]))[0]
        return assessed.scores[name] if name in assessed.scores else assessed.status[name]

    return score


def stream_scorer(answers: AnswerClassifier, spec: ScoreSpec) -> Scorer:
    """The stream model's score after a text's last word, read in the proxy's words."""

    async def score(passage: Passage) -> Scored:
        try:
            row = await _last_row(answers, passage.text)
        except EngineError as error:
            return EngineStatus.TIMEOUT if isinstance(error, EngineTimeout) else EngineStatus.ERROR
        return 0.0 if row is None else float(calibrate(spec, row[spec.column]))

    return score


class _Reader:
    """Implements `inference.turn.Listener`: keeps the newest scores and tells when those of all words have come."""

    def __init__(self) -> None:
        self.row: Sequence[float] | None = None
        self._read = 0
        self._error: EngineError | None = None
        self._told = asyncio.Event()

    def stepped(self, rows: Sequence[Sequence[float]]) -> None:
        self._read += len(rows)
        self.row = rows[-1] if rows else self.row
        self._told.set()

    def failed(self, error: EngineError) -> None:
        self._error = error
        self._told.set()

    async def reach(self, words: int) -> None:
        """Waits until so many words have their scores. Raises EngineError."""
        while self._read < words and self._error is None:
            self._told.clear()
            await self._told.wait()
        if self._error is not None:
            raise self._error


async def _last_row(answers: AnswerClassifier, text: str) -> Sequence[float] | None:
    """The logits after the last word; None if there is no word. Raises EngineError."""
    reader = _Reader()
    slot = answers.stepper.open(reader)
    read = pushed = 0
    try:
        for words in _words(text):
            for word in words:
                ids = answers.vocabulary.ids(word.text)
                fresh = read >= (PARAGRAPH_TOKENS if word.opens else MOST_TOKENS)
                read = len(ids) + (0 if fresh else read)
                slot.push(ids, fresh)
            pushed += len(words)
            await reader.reach(pushed)
    finally:
        slot.close()
    return reader.row


def _words(text: str) -> Iterator[list[Word]]:
    reader = WordReader()
    for at in range(0, len(text), _PIECE_CHARS):
        piece = text[at : at + _PIECE_CHARS]
        yield reader.feed(piece, at + len(piece) == len(text), at)
