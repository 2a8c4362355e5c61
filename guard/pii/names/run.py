"""Which words of a flowing text are read by the model, and when: decided by words alone, never by chunks. Pure.

Words that could be a name form a run, which lasts until enough other words, or an empty line, have followed it: these
are its right context, and the words before it its left one. A run needs no model unless one of its words is a name by
itself, or it has a number and a street's word. What lies before an open run is decided; nothing from its first word on
is.
"""

from collections import deque
from collections.abc import Sequence
from typing import Final

import msgspec

from guard.pii.names.gate import Gate, Weight
from guard.pii.names.word import Word

MOST_RUN: Final = 32
"""Words after which a run is read although it goes on."""


_APART: Final = 2
"""So many words do not stand between a number and its street."""


class Stretch(msgspec.Struct, frozen=True):
    """Text before `upto` is decided once the model has read `words`: at once if there are none.

    Names that begin in `words[first:last]` count; a name that began earlier counts from there on.
    """

    upto: int
    words: tuple[Word, ...] = ()
    first: int = 0
    last: int = 0


class RunReader:
    """One text's runs."""

    __slots__ = ("_before", "_gap", "_gate", "_right", "_run", "_seen")

    def __init__(self, gate: Gate, left_words: int, right_words: int) -> None:
        """`left_words` are read before a run, and `right_words` (at least 1) behind it."""
        self._gate = gate
        self._right = right_words
        self._before: deque[Word] = deque(maxlen=left_words)
        self._run: list[Word] = []
        self._gap = 0
        """Words since the last one that counts."""
        self._seen: set[Weight] = set()

    def feed(self, words: Sequence[Word], covered: int, final: bool) -> list[Stretch]:
        """What the next words bring. The last stretch says how far the text before `covered` is decided."""
        stretches: list[Stretch] = []
        for word in words:
            weight = self._gate.weigh(word)
            if word.breaks > 1 and self._run:
                self._close(stretches, len(self._run))
            if not self._run and weight is Weight.NONE:
                self._before.append(word)
                continue
            self._run.append(word)
            self._take(word, weight)
            if self._gap >= self._patience:
                self._close(stretches, len(self._run))
            elif len(self._run) >= MOST_RUN:
                self._close(stretches, self._pause())
        if final and self._run:
            self._close(stretches, len(self._run))
        stretches.append(Stretch(self._run[0].start if self._run else covered))
        return stretches

    @property
    def _worthy(self) -> bool:
        """Whether the model is to read the run."""
        return Weight.NAME in self._seen or {Weight.NUMBER, Weight.STREET} <= self._seen

    @property
    def _patience(self) -> int:
        """How many words that do not count are waited for: fewer if the run is not worth reading yet."""
        if self._worthy:
            return self._right
        return min(self._right, 1 if max(self._seen) is Weight.LEAD else _APART)

    def _take(self, word: Word, weight: Weight) -> None:
        if weight:
            self._seen.add(weight)
            self._gap = 0
        else:
            self._gap += word.text[0].isalnum()

    def _close(self, stretches: list[Stretch], count: int) -> None:
        """Decides the run's first `count` words."""
        decided, self._run = self._run[:count], self._run[count:]
        if self._worthy:
            before = tuple(self._before)
            words = (*before, *decided, *self._run)
            stretches.append(Stretch(decided[-1].end, words, len(before), len(before) + count))
        self._before.extend(decided)
        self._gap = 0
        if not self._run:
            self._seen.clear()

    def _pause(self) -> int:
        """How much of a long run is decided: up to a sign in its second half, if there is one."""
        for count in range(MOST_RUN, MOST_RUN // 2, -1):
            if not self._run[count - 1].text[0].isalnum():
                return count
        return MOST_RUN
