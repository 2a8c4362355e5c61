"""Finds an exchange's surrogates in an answer: literal texts, in any case, as words of their own.

Text is read in its normal form; what could still become a surrogate is held. There are few surrogates and short ones,
so no automaton is built for them.
"""

import re
from collections.abc import Collection
from typing import Final

from guard.core.channel import Channel
from guard.core.event import Inspected
from guard.core.finding import Finding
from guard.core.taxonomy import PSEUDONYM
from guard.scan.fold import CharTable, Fold
from guard.scan.window import Window

_WORD: Final = "0-9a-z_"


class LiteralEngine:
    """Implements `ports.Engine` for these texts."""

    name = "pseudonym"
    rule = "surrogate"

    def __init__(self, texts: Collection[str]) -> None:
        self._table = CharTable()
        folded = sorted({_normal(text, self._table) for text in texts} - {""}, key=lambda text: (-len(text), text))
        self._pattern = re.compile(rf"(?<![{_WORD}])(?:{'|'.join(map(re.escape, folded))})(?![{_WORD}])")
        self._beginnings = frozenset(text[:size] for text in folded for size in range(1, len(text) + 1))
        self._longest = max(map(len, folded), default=0)

    def open(self, channel: Channel) -> "LiteralChannel":
        """A fresh memory for one channel."""
        return LiteralChannel(self, channel)

    def settled(self, text: str) -> int:
        """Where the earliest suffix begins that may still become one of the texts; the end if none does."""
        for start in range(max(1, len(text) - self._longest), len(text)):
            if text[start:] in self._beginnings:
                return start
        return len(text)

    def fold(self, channel: Channel) -> Fold:
        """A channel's fold."""
        return Fold(self._table, json=channel.is_json)

    @property
    def pattern(self) -> re.Pattern[str]:
        """All of the texts, in normal form and lower case."""
        return self._pattern


class LiteralChannel:
    """Implements `ports.ChannelEngine`."""

    def __init__(self, engine: LiteralEngine, channel: Channel) -> None:
        self._engine = engine
        self._channel = channel
        self._fold = engine.fold(channel)
        self._window = Window()
        self._told = 0

    def feed(self, text: str, final: bool) -> Inspected:
        """The verdict after `text`."""
        window = self._window
        window.extend(self._fold.feed(text, final), self._fold.settled)
        read = window.text.lower()
        settled = len(read) if final else self._engine.settled(read)
        findings = tuple(self._found(read, settled))
        upto = window.received_at(settled)
        window.forget(settled)
        return Inspected(self._channel, LiteralEngine.name, upto, findings)

    def close(self) -> None:
        """Nothing is held outside Python's memory."""

    def _found(self, read: str, settled: int) -> list[Finding]:
        found: list[Finding] = []
        for match in self._engine.pattern.finditer(read, 1):
            if match.start() >= settled:
                break
            start, end = self._window.received_start(match.start()), self._window.received_end(match.end())
            if start >= self._told:
                found.append(self._finding(match.start(), start, end))
                self._told = end
        return found

    def _finding(self, position: int, start: int, end: int) -> Finding:
        quote = self._window.quote_at(position) if self._channel.is_json else ""
        name, rule = LiteralEngine.name, LiteralEngine.rule
        return Finding(PSEUDONYM, start, end, engine=name, rule=rule, bare=bool(quote), quote=quote or '"')


def _normal(text: str, table: CharTable) -> str:
    return Fold(table).feed(text, final=True).text.lower()
