"""What Presidio's analyzer needs of a language and no model: spaCy's English tokenizer. A word's lemma is the word."""

from collections.abc import Iterable, Iterator

import spacy
from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine


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
