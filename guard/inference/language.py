"""Which language a text is in: py3langid's model, which comes with it, loaded when the first text is asked about.

A guess from letters; short texts, code and mixed texts give none. It reads the beginning of a text only.
"""

from functools import cached_property
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

_READ_CHARS: Final = 2_000
_SURE: Final = 0.5


class Languages:
    """Tells languages. Loading takes half a second and 40 MiB, so it is made once, and only asked where it counts."""

    @cached_property
    def _identifier(self) -> "LanguageIdentifier":
        from py3langid.langid import MODEL_FILE, LanguageIdentifier

        return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)

    def load(self) -> None:
        """Loads the model, so that no request waits for it."""
        _ = self._identifier

    def of(self, text: str) -> str:
        """The language, ISO 639-1; empty if it is unsure."""
        if not text.strip():
            return ""
        language, probability = self._identifier.classify(text[:_READ_CHARS])
        return str(language) if probability >= _SURE and len(language) == 2 else ""
