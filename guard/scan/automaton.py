"""The automaton: many patterns as two native matchers.

One runs along the stream with its state carried from chunk to chunk and says which patterns have a match that ends
where. The other reads only the text still in doubt and says where the earliest of its suffixes begins that some
continuation could turn into a match. Both are built from the same parse tree, once; they hold no text.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import hyperscan
import msgspec
import regex

from guard.core.discreet import Discreet
from guard.scan.pattern import Pattern
from guard.scan.prefix import reversed_prefixes

SENTINEL: Final = "\n"
"""Stands before a channel's first character, so that every match has a character before it."""


EFFORT_CHARS: Final = 65_536
"""How many characters of matches one rule looks at in one window before it takes a rejected match for a finding."""


class ConfirmedMatch(msgspec.Struct, frozen=True):
    """A match that its exact pattern and its validator confirm; positions in the window that was given."""

    rule: "Rule"
    start: int
    end: int


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


class Matcher:
    """One channel's run of the stream matcher.

    The native stream borrows its database and its handler without owning them, so both are kept here; and what it
    allocates is given back by `close` alone, not by the garbage collector.
    """

    __slots__ = ("_database", "_handler", "_stream", "ended", "scan")

    def __init__(self, database: hyperscan.Database) -> None:
        ended: dict[int, int] = {}

        def handler(rule: int, _start: int, end: int, _flags: int, _context: object) -> None:
            ended[rule] = end - len(SENTINEL)

        self.ended = ended
        """Where each rule's last match ends, by the rule's number, in characters read. The reader clears it."""
        self._database = database
        self._handler = handler
        self._stream = database.stream(match_event_handler=handler, context=None)
        self._stream.__enter__()
        self.scan = self._stream.scan
        """Reads on: takes the next bytes."""
        self.scan(SENTINEL.encode())

    def close(self) -> None:
        """Frees the native stream. Nothing is scanned after it."""
        self._stream.close()


class Automaton:
    """All patterns of the engines that share it. Immutable after it is built; streams are opened from it.

    Raises ValueError at construction for a pattern that can't be compiled.
    """

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        self.rules: Final = tuple(_compile(pattern) for pattern in patterns)
        self._patterns = tuple(patterns)
        self._matches = _database(hyperscan.HS_MODE_STREAM, [_match_expression(p) for p in patterns], patterns)
        self._prefixes: hyperscan.Database | None = None

    def prepare(self) -> hyperscan.Database:
        """Compiles the prefix automaton, if it is not yet: for which whole texts need not wait."""
        if self._prefixes is None:
            expressions = [_prefix_expression(p) for p in self._patterns]
            self._prefixes = _database(hyperscan.HS_MODE_BLOCK, expressions, self._patterns)
        return self._prefixes

    def open(self) -> Matcher:
        """A matcher for one channel."""
        return Matcher(self._matches)

    def viable(self, window: str) -> int:
        """Where the earliest suffix of `window` begins that could still become a match; its length if there is none.

        The window's first character is context: a match can't begin there.
        """
        longest = 0

        def handler(_rule: int, _start: int, end: int, _flags: int, _context: object) -> None:
            nonlocal longest
            if end > longest:
                longest = end

        (self._prefixes or self.prepare()).scan(window[::-1].encode("latin-1"), handler)
        # What was read backwards ends with the character before the suffix.
        return len(window) - longest + 1 if longest else len(window)


def _compile(pattern: Pattern) -> Rule:
    reversed_prefixes(pattern.body)  # refuses at once what has no prefix automaton
    flags = regex.VERSION0 | regex.ASCII | regex.DOTALL | (regex.IGNORECASE if pattern.caseless else 0)
    before = f"(?<![{pattern.not_after}])" if pattern.not_after else ""
    after = f"(?![{pattern.not_before}])" if pattern.not_before else ""
    return Rule(
        pattern,
        regex.compile(f"{before}(?:{pattern.body}){after}", flags),
        regex.compile(pattern.until, flags) if pattern.until else None,
    )


def _match_expression(pattern: Pattern) -> bytes:
    """The body behind a character that it may follow."""
    return f"{_context(pattern)}(?:{pattern.body})".encode("latin-1")


def _prefix_expression(pattern: Pattern) -> bytes:
    """From the end of the text backwards: what could become a match, up to a character that it may follow."""
    return f"^(?:{reversed_prefixes(pattern.body)}){_context(pattern)}".encode("latin-1")


def _context(pattern: Pattern) -> str:
    return f"[^{pattern.not_after}]" if pattern.not_after else r"[\x00-\xff]"


def _database(mode: int, expressions: Sequence[bytes], patterns: Sequence[Pattern]) -> hyperscan.Database:
    database = hyperscan.Database(mode=mode)
    flags = [hyperscan.HS_FLAG_DOTALL | (hyperscan.HS_FLAG_CASELESS if p.caseless else 0) for p in patterns]
    try:
        database.compile(expressions=list(expressions), ids=list(range(len(expressions))), flags=flags)
    except hyperscan.error as error:
        raise ValueError(f"the patterns can't be compiled: {_culprit(mode, expressions, patterns, flags)}") from error
    return database


def _culprit(mode: int, expressions: Sequence[bytes], patterns: Sequence[Pattern], flags: Sequence[int]) -> str:
    """Which pattern can't be compiled, and why."""
    for expression, pattern, flag in zip(expressions, patterns, flags, strict=True):
        try:
            hyperscan.Database(mode=mode).compile(expressions=[expression], ids=[0], flags=[flag])
        except hyperscan.error as error:
            return f"{pattern.type} {pattern.rule}: {error}"
    return "all together they are too large"
