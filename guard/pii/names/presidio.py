"""Guard's names as a recognizer of Presidio's, for those who run `presidio-analyzer` and want names without spaCy.

    from guard.config import bundled_models
    from guard.pii.names.presidio import NameRecognizer

    analyzer.registry.add_recognizer(NameRecognizer.open(bundled_models()))

It is not used while serving. It takes no notice of Presidio's tokens, so any NLP engine will do, a blank one as well.
Source: Presidio's documentation, "Adding custom recognizers" (a remote or rule-based `EntityRecognizer`).
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from presidio_analyzer import AnalysisExplanation, EntityRecognizer, RecognizerResult
from presidio_analyzer.nlp_engine import NlpArtifacts

from guard.core.finding import Finding
from guard.errors import ConfigError
from guard.inference.device import Device
from guard.inference.schedule import Limits
from guard.pii.names.service import NameOptions, open_names
from guard.pii.names.thread import NameThread

NAME: Final = "GuardNames"
Find = Callable[[str], Sequence[Finding]]
"""The names in a text. Blocks. Raises EngineError: an analysis without names must not look like one."""


class NameRecognizer(EntityRecognizer):  # type: ignore[misc]  # without types of its own here
    """Implements Presidio's `EntityRecognizer`. Entities bear the names of Guard's types; most are Presidio's too."""

    def __init__(
        self, find: Find, types: Sequence[str], language: str = "en", thread: NameThread | None = None
    ) -> None:
        """`thread` is closed with the recognizer, if it is the recognizer's own."""
        self._find = find
        self._thread = thread
        super().__init__(supported_entities=list(types), name=NAME, supported_language=language)

    @classmethod
    def open(cls, models: Path, language: str = "en", threads: int = 1, patience_s: float = 10.0) -> "NameRecognizer":
        """Opens the token model of a models' directory. Raises ConfigError."""
        names = open_names(NameOptions(models, patience_s, Device("cpu", threads), Limits()), required=True)
        if names is None:
            raise ConfigError(f"{models}: no token model is there")
        thread = NameThread(names, patience_s)
        return cls(thread.find, thread.types, language, thread)

    def load(self) -> None:
        """Nothing: the model is open already."""

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts | None = None
    ) -> list[RecognizerResult]:
        """The names of these types in a text. Raises EngineError."""
        return [self._result(one) for one in self._find(text) if one.type in entities]

    def close(self) -> None:
        """Ends the model's thread."""
        if self._thread is not None:
            self._thread.close()

    def _result(self, finding: Finding) -> RecognizerResult:
        return RecognizerResult(
            entity_type=finding.type,
            start=finding.start,
            end=finding.end,
            score=finding.score,
            analysis_explanation=AnalysisExplanation(
                recognizer=NAME, original_score=finding.score, textual_explanation=f"{finding.rule} labelled it"
            ),
            recognition_metadata={
                RecognizerResult.RECOGNIZER_NAME_KEY: NAME,
                RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: self.id,
            },
        )
