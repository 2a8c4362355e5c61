"""Lets the token model label words: windows of their tokens, and each word's labels where it stands deepest in one."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from guard.inference.batcher import Batcher
from guard.inference.manifest import ModelSpec
from guard.inference.runner import Floats, Ids
from guard.inference.shape import packed, shape_of
from guard.inference.token import Tokens, Window
from guard.inference.vocabulary import Vocabulary
from guard.pii.names.word import Word

AT_ONCE: Final = 32
"""Windows of one text that stand in the queue together."""
MOST_WORD_TOKENS: Final = 8
"""What is behind them tells little of a word that long."""


class Part(NamedTuple):
    """Words `first` to `last` of a text as one window. `heads` are the places of their first tokens in it."""

    first: int
    last: int
    window: Window
    heads: Ids

    def __repr__(self) -> str:
        return f"Part(first={self.first}, last={self.last})"


class Labeller:
    """One token model. Any thread may cut words into parts."""

    def __init__(self, spec: ModelSpec, tokens: Tokens, batcher: Batcher) -> None:
        self.labels = len(spec.labels)
        self._outside = spec.labels.index("O")
        self._tokens = tokens
        self._vocabulary = Vocabulary(tokens.words, tokens.unknown)
        self._batcher = batcher

    def parts(self, words: Sequence[Word]) -> list[Part]:
        """The windows that words are read in, overlapping if they are many."""
        ids = [packed(self._vocabulary.ids(word.text)[:MOST_WORD_TOKENS], shape_of(word.text)) for word in words]
        parts: list[Part] = []
        first = 0
        while first < len(words):
            last, size = first, 0
            while last < len(words) and size + len(ids[last]) <= self._tokens.body:
                size += len(ids[last])
                last += 1
            parts.append(self._part(words, first, ids[first:last]))
            if last == len(words):
                break
            back, size = last, 0
            while back - 1 > first and size + len(ids[back - 1]) <= self._tokens.body - self._tokens.step:
                back -= 1
                size += len(ids[back])
            first = back
        return parts

    @staticmethod
    def tokens(parts: Sequence[Part]) -> int:
        """What the model reads of these windows."""
        return sum(len(part.window.ids) for part in parts)

    async def label(self, count: int, parts: Sequence[Part], deadline: float) -> Floats:
        """The label probabilities of `count` words, (words, labels); words in no part are in no name.

        `deadline` is a time of the event loop's clock. Raises EngineError.
        """
        labels = np.zeros((count, self.labels), dtype=np.float32)
        labels[:, self._outside] = 1.0
        depths = np.full(count, -1)
        for at in range(0, len(parts), AT_ONCE):
            some = parts[at : at + AT_ONCE]
            rows = await self._batcher.label([part.window for part in some], deadline)
            for part, logits in zip(some, rows, strict=True):
                self._take(labels, depths, part, logits[part.heads])
        return labels

    @staticmethod
    def _take(labels: Floats, depths: Ids, part: Part, logits: Floats) -> None:
        """Takes the labels of words that stand deeper in this window than in the one before it."""
        size = part.last - part.first
        depth = np.minimum(np.arange(size), np.arange(size)[::-1])
        where = np.flatnonzero(depth > depths[part.first : part.last])
        weights = np.exp(logits[where] - logits[where].max(axis=1, keepdims=True))
        labels[part.first + where] = weights / weights.sum(axis=1, keepdims=True)
        depths[part.first + where] = depth[where]

    def _part(self, words: Sequence[Word], first: int, ids: Sequence[Sequence[int]]) -> Part:
        last = first + len(ids)
        heads = np.cumsum([1, *(len(one) for one in ids[:-1])], dtype=np.int64)
        window = self._tokens.framed([id_ for one in ids for id_ in one], words[first].start, words[last - 1].end)
        return Part(first, last, window, heads)
