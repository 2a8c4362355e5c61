"""The automaton: many patterns as two native matchers.

One runs along the stream with its state carried from chunk to chunk and says which patterns have a match that ends
where. The other reads only the text still in doubt and says where the earliest of its suffixes begins that some
continuation could turn into a match. Both are built from the same parse tree, once; they hold no text.
"""

from collections.abc import Callable, Sequence
from typing import Final

import hyperscan
import msgspec

from guard.scan.database import BLOCK, STREAM, Expression, Source
from guard.scan.judged import JudgedRule
from guard.scan.pattern import Pattern
from guard.scan.prefix import reversed_prefixes
from guard.scan.rule import Rule, compile_rule
from guard.scan.store import DatabaseStore

SENTINEL: Final = "\n"
"""Stands before a channel's first character, so that every match has a character before it."""


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

    def __init__(self, patterns: Sequence[Pattern], store: DatabaseStore | None = None) -> None:
        """`store`: where what is compiled may be had from, and is kept."""
        self.rules: Final[tuple[Rule, ...]] = tuple(map(_compile, patterns))
        self.judges: Final = any(pattern.judge is not None for pattern in patterns)
        """Whether some rule asks for text as it was received."""
        self._patterns = tuple(patterns)
        self._store = store or DatabaseStore()
        self._matches = self._store.database(_matches(patterns))
        self._prefixes: hyperscan.Database | None = None

    def prepare(self) -> hyperscan.Database:
        """Compiles the prefix automaton, if it is not yet: for which whole texts need not wait."""
        if self._prefixes is None:
            self._prefixes = self._store.database(_prefixes(_joined(self._patterns)))
        return self._prefixes

    def open(self) -> Matcher:
        """A matcher for one channel."""
        return Matcher(self._matches)

    def viable(self, window: str) -> int:
        """Where the earliest suffix of `window` begins that could still become a match; its length if there is none.

        The window's first character is context: a match can't begin there.
        """
        return self.reader()(window)

    def reader(self) -> Callable[[str], int]:
        """`viable` for one channel: it is asked with every chunk."""
        longest = 0
        database = self._prefixes

        def handler(_rule: int, _start: int, end: int, _flags: int, _context: object) -> None:
            nonlocal longest
            if end > longest:
                longest = end

        def viable(window: str) -> int:
            nonlocal longest, database
            longest = 0
            if database is None:
                database = self.prepare()
            database.scan(window[::-1].encode("latin-1"), handler)
            # What was read backwards ends with the character before the suffix.
            return len(window) - longest + 1 if longest else len(window)

        return viable


def _compile(pattern: Pattern) -> Rule:
    reversed_prefixes(pattern.body)  # refuses at once what has no prefix automaton
    return compile_rule(pattern) if pattern.judge is None else JudgedRule.of(pattern, pattern.judge)


def _matches(patterns: Sequence[Pattern]) -> Source:
    """What is told of a match is its pattern's place."""
    places = enumerate(patterns)
    return Source(STREAM, tuple(_expression(_match_expression(pattern), place, pattern) for place, pattern in places))


def _prefixes(patterns: Sequence[Pattern]) -> Source:
    """Under one number a place is told once, not once for each pattern: only the farthest counts."""
    return Source(BLOCK, tuple(_expression(_prefix_expression(pattern), 0, pattern) for pattern in patterns))


def _expression(source: bytes, number: int, pattern: Pattern) -> Expression:
    return Expression(source, number, pattern.caseless, f"{pattern.type} {pattern.rule}")


def _match_expression(pattern: Pattern) -> bytes:
    """The body behind a character that it may follow."""
    return f"{_context(pattern)}(?:{pattern.body})".encode("latin-1")


def _prefix_expression(pattern: Pattern) -> bytes:
    """From the end of the text backwards: what could become a match, up to a character that it may follow."""
    prefixes = reversed_prefixes(f"{pattern.body}|{pattern.waits}" if pattern.waits else pattern.body)
    return f"^(?:{prefixes}){_context(pattern)}".encode("latin-1")


def _joined(patterns: Sequence[Pattern]) -> Sequence[Pattern]:
    """Those that end in the same way as one: which of them a prefix belongs to is never asked."""
    alone = [pattern for pattern in patterns if not pattern.rest]
    together: dict[tuple[str, str, bool], list[Pattern]] = {}
    for pattern in patterns:
        if pattern.rest:
            together.setdefault((pattern.rest, pattern.not_after, pattern.caseless), []).append(pattern)
    for (rest, _, _), several in together.items():
        fronts = "|".join(pattern.body.removesuffix(rest) for pattern in several)
        alone.append(msgspec.structs.replace(several[0], body=f"(?:{fronts}){rest}"))
    return alone


def _context(pattern: Pattern) -> str:
    return f"[^{pattern.not_after}]" if pattern.not_after else r"[\x00-\xff]"
