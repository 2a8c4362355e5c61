"""A rule whose own expression has the last word: the automaton only says that something like it is there.

The expression is searched as `finditer` searches a whole text: from left to right, each match behind the one before.
It is not ours, and may take for ever on text made for it; so it has a bound, and what it did not get to look at is
taken for what it looks like.
"""

from collections.abc import Iterator
from typing import Final

import regex

from guard.scan.pattern import Judge, Pattern
from guard.scan.rule import ConfirmedMatch, Rule

PATIENCE_S: Final = 0.05
"""Longest that one expression may search one window."""

CALM_CHARS: Final = 256
"""A window of this length is searched without a clock, which costs more than the search, unless the rule is risky."""


class JudgedRule(Rule, frozen=True):
    """A compiled pattern with a judge."""

    judge: Judge

    @classmethod
    def of(cls, pattern: Pattern, judge: Judge) -> "JudgedRule":
        """Raises ValueError for an expression that `regex` does not take."""
        try:
            return cls(pattern, regex.compile(judge.exact, judge.flags), None, judge)
        except regex.error as error:
            raise ValueError(f"{pattern.type} {pattern.rule}: {error}") from None

    def confirm(self, window: str, settled: int, end: int) -> Iterator[ConfirmedMatch]:
        """The matches in `window` that begin before `settled` and not before `end`. The first character is context."""
        at = max(1, end)
        patience_s = PATIENCE_S if self.judge.risky or len(window) > CALM_CHARS else None
        try:
            for match in self.exact.finditer(window, at, timeout=patience_s):
                if match.start() >= settled:
                    return
                at = match.end()
                start = match.end(self.exact.groups) if self.judge.behind else match.start()
                if start < at:
                    yield ConfirmedMatch(self, start, at)
        except TimeoutError:
            yield ConfirmedMatch(self, at, settled, guessed=True)
