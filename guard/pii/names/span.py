"""From labels of words to spans: names with a type, a place and a score. Pure.

A word is part of a name when the probabilities of a type's two labels, `B-` and `I-`, add up to a score that reaches
the type's threshold. Neighbours of one type are one name unless the second is rather a beginning. Signs within a name
belong to it, signs at its ends do not, and only addresses go on in the next line.
"""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from guard.core.finding import Finding
from guard.inference.manifest import EntitySpec, ModelSpec
from guard.inference.runner import Floats
from guard.pii.names.word import Word

_JOINS: Final = frozenset(".'’-–&/@+#")
"""Signs that stand within names."""
_ABBREVIATED: Final = 3
"""Letters before a full stop that ends no sentence, at most."""
_LINES: Final = frozenset({"STREET_ADDRESS"})
"""Types that go on in the next line."""
_CERTAIN: Final = 1e-6


class Decoder:
    """One model's labels."""

    def __init__(self, spec: ModelSpec, engine: str) -> None:
        self.entities = spec.entities
        self.types = tuple(entity.type for entity in spec.entities)
        self._begin = np.array([spec.labels.index(f"B-{type_}") for type_ in self.types])
        self._inside = np.array([spec.labels.index(f"I-{type_}") for type_ in self.types])
        self._least = np.array([_least(entity) for entity in spec.entities], dtype=np.float32)
        self._engine = engine
        self._rule = spec.name
        self._version = spec.version

    def findings(self, words: Sequence[Word], labels: Floats, first: int = 0, last: int | None = None) -> list[Finding]:
        """The names among `words`, whose label probabilities are (words, labels).

        Those that begin in `words[first:last]`; of one that began before `first`, the rest.
        """
        begins, masses = labels[:, self._begin], labels[:, self._begin] + labels[:, self._inside]
        for at, word in enumerate(words):
            if word.held:
                masses[at] = 0.0
        kinds = np.where((masses >= self._least).any(axis=1), np.argmax(masses / self._least, axis=1), -1)
        found: list[Finding] = []
        for start, end, kind in self._spans(words, kinds.tolist(), begins, masses):
            start = max(start, first)
            if start < end and (last is None or start < last):
                found.append(self._finding(words, masses, start, end, kind))
        return found

    def _spans(
        self, words: Sequence[Word], kinds: list[int], begins: Floats, masses: Floats
    ) -> list[tuple[int, int, int]]:
        """(first word, behind the last, type) of each name."""
        spans: list[tuple[int, int, int]] = []
        for at, kind in enumerate(kinds):
            if kind < 0 or _is_sign(words[at]):
                continue
            start, end, last = spans[-1] if spans else (0, 0, -1)
            if kind == last and self._joined(words, kinds, end, at):
                tight = end < at and not words[at].apart
                if tight or begins[at, kind] <= 0.5 * masses[at, kind]:
                    spans[-1] = (start, at + 1, kind)
                    continue
            spans.append((at, at + 1, kind))
        return [(start, _with_stop(words, kinds, start, end), kind) for start, end, kind in spans]

    def _joined(self, words: Sequence[Word], kinds: list[int], end: int, at: int) -> bool:
        """Whether nothing but signs of the same name stands between its end and a word, and no end of its lines."""
        kind = kinds[at]
        lines = max(word.breaks for word in words[end : at + 1])
        if lines > (self.types[kind] in _LINES):
            return False
        return all(_is_sign(words[sign]) and (kinds[sign] == kind or _ties(words, sign)) for sign in range(end, at))

    def _finding(self, words: Sequence[Word], masses: Floats, start: int, end: int, kind: int) -> Finding:
        letters = [at for at in range(start, end) if not _is_sign(words[at])]
        entity = self.entities[kind]
        return Finding(
            type=entity.type,
            start=words[start].start,
            end=words[end - 1].end,
            score=_score(entity, float(masses[letters, kind].mean())),
            engine=self._engine,
            rule=self._rule,
            version=self._version,
            threshold=entity.threshold,
            loose=True,
        )


def _is_sign(word: Word) -> bool:
    return not word.text[0].isalnum()


def _ties(words: Sequence[Word], at: int) -> bool:
    """Whether a sign ties the words beside it, whatever its label: `O'Neil`, `Jean-Luc`, `J. Smith`."""
    if words[at].text not in _JOINS or words[at].apart or at + 1 >= len(words):
        return False
    return not words[at + 1].apart or (words[at].text == "." and len(words[at - 1].text) <= _ABBREVIATED)


def _with_stop(words: Sequence[Word], kinds: list[int], start: int, end: int) -> int:
    """A name's end with what closes it, if that is labelled so: `Smith Inc.`, `Ponticelli (NA)`."""
    if end == len(words) or words[end].apart or kinds[end] != kinds[end - 1]:
        return end
    closes = words[end].text == ")" and any(word.text == "(" for word in words[start:end])
    return end + 1 if closes or words[end].text == "." else end


def _score(entity: EntitySpec, mass: float) -> float:
    mass = min(max(mass, _CERTAIN), 1 - _CERTAIN)
    return 0.5 + 0.5 * math.tanh(0.5 * (entity.a * math.log(mass / (1 - mass)) + entity.b))


def _least(entity: EntitySpec) -> float:
    """The probability that has the threshold as its score."""
    score = min(max(entity.threshold, _CERTAIN), 1 - _CERTAIN)
    return 1 / (1 + math.exp(-(math.log(score / (1 - score)) - entity.b) / entity.a))
