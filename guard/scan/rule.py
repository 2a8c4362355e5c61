"""A rule: a pattern compiled to the expression and the checks that confirm what the automaton reports."""

from collections.abc import Iterator
from typing import Final

import msgspec
import regex

from guard.core.discreet import Discreet
from guard.scan.pattern import Pattern

EFFORT_CHARS: Final = 65_536
"""How many characters of matches one rule looks at in one window before it takes a rejected match for a finding."""


class ConfirmedMatch(msgspec.Struct, frozen=True):
    """A match that its exact pattern and its validator confirm; positions in the window that was given.

    `guessed`: the judge took too long, and the whole stretch is taken for what it looks like.
    """

    rule: "Rule"
    start: int
    end: int
    guessed: bool = False


class Rule(Discreet, frozen=True):
    """A compiled pattern, exact: its neighbours' classes are look-arounds."""

    pattern: Pattern
    exact: regex.Pattern[str]
    until: regex.Pattern[str] | None

    def confirm(self, window: str, settled: int, end: int) -> Iterator[ConfirmedMatch]:
        """The real values in `window` whose match begins before `settled` and ends behind `end`.

        The window's first character is context only. A rejected match does not hide one that begins inside it; a
        confirmed value hides those that end inside it.
        """
        effort = EFFORT_CHARS
        for match in self.exact.finditer(window, 1, overlapped=True):
            if match.start() >= settled:
                return
            if match.end() <= end:
                continue
            span = self._validated(match)
            effort -= match.end() - match.start()
            if span is None and effort < 0:
                # Text made to be looked at for ever: the rest of the overlap is taken for what it looks like.
                span = match.start(), match.end()
            if span is not None:
                end = span[1]
                yield ConfirmedMatch(self, *span)

    def _validated(self, match: "regex.Match[str]") -> tuple[int, int] | None:
        if self.pattern.validate is None:
            return match.start(), match.end()
        inner = self.pattern.validate(str(match.group()))
        if inner is None or inner[0] >= inner[1]:
            return None
        return match.start() + inner[0], match.start() + inner[1]


def compile_rule(pattern: Pattern) -> Rule:
    """The exact rule of a pattern that has no judge."""
    flags = regex.VERSION0 | regex.ASCII | regex.DOTALL | (regex.IGNORECASE if pattern.caseless else 0)
    before = f"(?<![{pattern.not_after}])" if pattern.not_after else ""
    after = f"(?![{pattern.not_before}])" if pattern.not_before else ""
    return Rule(
        pattern,
        regex.compile(f"{before}(?:{pattern.body}){after}", flags),
        regex.compile(pattern.until, flags) if pattern.until else None,
    )
