"""The pattern engine: one automaton, many channels."""

from collections.abc import Sequence
from typing import Final

from guard.core.channel import Channel
from guard.core.taxonomy import PSEUDONYM
from guard.scan.automaton import Automaton
from guard.scan.fold import CharTable
from guard.scan.pattern import Pattern
from guard.scan.scanner import Scanner
from guard.scan.store import DatabaseStore

_NOWHERE: Final = Channel(-1, "$")


class PatternEngine:
    """Implements `ports.Engine`. Raises ValueError at construction for a pattern that can't be compiled."""

    name = "pattern"

    def __init__(self, patterns: Sequence[Pattern], version: str = "", store: DatabaseStore | None = None) -> None:
        self.automaton = Automaton(patterns, store)
        self._table = CharTable()
        self._version = version

    def prepare(self) -> None:
        """Compiles what streams need and whole texts don't. Takes seconds; done on first use otherwise."""
        self.automaton.prepare()

    def open(self, channel: Channel) -> Scanner:
        """A fresh memory for one channel; close it when the channel is over."""
        return Scanner(self.automaton, self._table, channel, self._version)

    def types(self, text: str) -> frozenset[str]:
        """The types of what is found in a whole text and reaches its own threshold. Raises EngineError."""
        scanner = self.open(_NOWHERE)
        try:
            found = scanner.feed(text, True).findings
        finally:
            scanner.close()
        return frozenset(f.type for f in found if f.type != PSEUDONYM and f.score >= f.threshold)
