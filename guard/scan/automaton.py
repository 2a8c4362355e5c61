"""The automaton: many patterns as two native matchers.

One runs along the stream with its state carried from chunk to chunk and says which patterns have a match that ends
where. The other reads only the text still in doubt and says where the earliest of its suffixes begins that some
continuation could turn into a match. Both are built from the same parse tree, once; they hold no text.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import hyperscan
import msgspec
import regex

from guard.core.discreet import Discreet
from guard.scan.pattern import Pattern
from guard.scan.prefix import LARGEST_REPEAT, is_relaxed, prefix_expression, whole_expression

SENTINEL: Final = "\n"
"""Stands before a channel's first character, so that every match has a character before it."""


class ConfirmedMatch(msgspec.Struct, frozen=True):
    """A match that its exact pattern and its validator confirm; positions in the window that was given."""

    rule: "Rule"
    start: int
    end: int


class Rule(Discreet, frozen=True):
    """A compiled pattern. `relaxed`: the prefix automaton takes more than the prefixes of its matches."""

    pattern: Pattern
    exact: regex.Pattern[str]
    until: regex.Pattern[str] | None
    relaxed: bool

    def confirm(self, window: str, begin: int, settled: int) -> Iterator[ConfirmedMatch]:
        """The real values in `window` whose match begins at `begin` or later and before `settled`.

        The window's first character is context only. A rejected match does not hide one that begins inside it.
        """
        end = begin
        for match in self.exact.finditer(window, begin, overlapped=True):
            if match.start() >= settled:
                return
            if match.end() <= end:
                continue
            span = self._validated(match)
            if span is not None:
                end = span[1]
                yield ConfirmedMatch(self, *span)

    def viable(self, window: str, at: int) -> int:
        """The first position from `at` on where a match could still grow from; the window's length if there is none."""
        for start in range(at, len(window)):
            match = self.exact.fullmatch(window, start, partial=True)
            if match is not None:
                return start
        return len(window)

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
        matches = [_expression(p, whole_expression(p.body, p.caseless)) for p in patterns]
        self._stream = _database(hyperscan.HS_MODE_STREAM, matches, patterns, 0)
        self._prefixes: hyperscan.Database | None = None

    def prepare(self) -> hyperscan.Database:
        """Compiles the prefix automaton, if it is not yet: seconds, for which whole texts need not wait."""
        if self._prefixes is None:
            prefixes = [_expression(p, prefix_expression(p.body, p.caseless)) + rb"\z" for p in self._patterns]
            self._prefixes = _database(
                hyperscan.HS_MODE_BLOCK, prefixes, self._patterns, hyperscan.HS_FLAG_SOM_LEFTMOST
            )
        return self._prefixes

    def open(self) -> Matcher:
        """A matcher for one channel."""
        return Matcher(self._stream)

    def viable(self, window: str) -> int:
        """Where the earliest suffix of `window` begins that could still become a match; its length if there is none.

        The window's first character is context: a match can't begin there.
        """
        found: list[tuple[int, int]] = []

        def handler(rule: int, start: int, _end: int, _flags: int, _context: object) -> None:
            found.append((start, rule))

        (self._prefixes or self.prepare()).scan(window.encode("latin-1"), handler)
        if not found:
            return len(window)
        start = min(found)[0]
        if len(window) - start <= LARGEST_REPEAT or not any(self.rules[r].relaxed for _, r in found):
            return start + 1
        return min(self._exactly(window, at + 1, self.rules[r]) for at, r in found)

    @staticmethod
    def _exactly(window: str, at: int, rule: Rule) -> int:
        return rule.viable(window, at) if rule.relaxed else at


def _compile(pattern: Pattern) -> Rule:
    prefix_expression(pattern.body, pattern.caseless)  # refuses what has no prefix automaton, at once
    flags = regex.VERSION0 | regex.ASCII | regex.DOTALL | (regex.IGNORECASE if pattern.caseless else 0)
    before = f"(?<![{pattern.not_after}])" if pattern.not_after else ""
    after = f"(?![{pattern.not_before}])" if pattern.not_before else ""
    return Rule(
        pattern,
        regex.compile(f"{before}(?:{pattern.body}){after}", flags),
        regex.compile(pattern.until, flags) if pattern.until else None,
        is_relaxed(pattern.body),
    )


def _expression(pattern: Pattern, body: str) -> bytes:
    context = f"[^{pattern.not_after}]" if pattern.not_after else r"[\x00-\xff]"
    return f"{context}(?:{body})".encode("latin-1")


def _database(mode: int, expressions: Sequence[bytes], patterns: Iterable[Pattern], flags: int) -> hyperscan.Database:
    database = hyperscan.Database(mode=mode)
    caseless = [hyperscan.HS_FLAG_CASELESS if pattern.caseless else 0 for pattern in patterns]
    each = [flags | case | hyperscan.HS_FLAG_DOTALL for case in caseless]
    try:
        database.compile(expressions=list(expressions), ids=list(range(len(expressions))), flags=each)
    except hyperscan.error as error:
        raise ValueError(f"the patterns can't be compiled: {_culprit(mode, expressions, patterns, each)}") from error
    return database


def _culprit(mode: int, expressions: Sequence[bytes], patterns: Iterable[Pattern], flags: Sequence[int]) -> str:
    """Which pattern can't be compiled, and why."""
    for expression, pattern, flag in zip(expressions, patterns, flags, strict=True):
        try:
            hyperscan.Database(mode=mode).compile(expressions=[expression], ids=[0], flags=[flag])
        except hyperscan.error as error:
            return f"{pattern.type} {pattern.rule}: {error}"
    return "all together they are too large"
