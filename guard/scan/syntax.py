"""Any regular expression's parse tree, brought to the few shapes that the automaton needs.

Characters become sets of the normal form's codes; what a character outside of it folds to stands for it, so a set takes
at least what the expression takes. Zero-width conditions are kept apart: they are dropped from what the automaton reads
and judged later by the expression itself. It knows the syntax that `re` parses; what only `regex` parses is refused.
"""

import re._constants as op  # type: ignore[import-not-found]
import re._parser as parser  # type: ignore[import-not-found]
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from guard.scan.fold import fold_char
from guard.scan.pattern import OTHER_LETTER, OTHER_SIGN

Codes = frozenset[int]

ALL: Final[Codes] = frozenset(range(256))
"""Every code of the normal form, and those that never occur in it."""

WORD: Final[Codes] = frozenset(
    map(ord, f"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_{OTHER_LETTER}")
)
SPACE: Final[Codes] = frozenset(map(ord, " \t\n\r\f\v\x1c\x1d\x1e\x1f"))
DIGIT: Final[Codes] = frozenset(map(ord, "0123456789"))
NEWLINE: Final[Codes] = frozenset({10})
_BEYOND: Final[Codes] = frozenset(map(ord, OTHER_LETTER + OTHER_SIGN))
_CATEGORIES: Final = {
    op.CATEGORY_DIGIT: DIGIT,
    op.CATEGORY_NOT_DIGIT: ALL - DIGIT,
    op.CATEGORY_WORD: WORD,
    op.CATEGORY_NOT_WORD: ALL - WORD,
    op.CATEGORY_SPACE: SPACE,
    op.CATEGORY_NOT_SPACE: ALL - SPACE,
}


class One(msgspec.Struct, frozen=True):
    """One character out of a set."""

    codes: Codes


class Seq(msgspec.Struct, frozen=True):
    """One after the other; none at all is the empty text."""

    items: "tuple[Node, ...]"


class Alt(msgspec.Struct, frozen=True):
    """One of several."""

    items: "tuple[Node, ...]"


class Rep(msgspec.Struct, frozen=True):
    """Again and again; `high` None is without end."""

    low: int
    high: int | None
    item: "Node"


class Edge(msgspec.Struct, frozen=True):
    """A word's edge, a line's, or none of a word's: `kind` is `b`, `B`, `^` or `$`."""

    kind: str


class Look(msgspec.Struct, frozen=True):
    """A look ahead, or behind."""

    ahead: bool
    denies: bool
    item: "Node"


Node = One | Seq | Alt | Rep | Edge | Look


class Reading(msgspec.Struct):
    """What holds while one expression is read: its flags, and its groups by number."""

    caseless: bool
    multiline: bool
    groups: dict[int, Node] = msgspec.field(default_factory=dict)


def parse(source: str, flags: int) -> Node:
    """The tree of an expression, `flags` being those of `re`. Raises ValueError for what it can't express."""
    known = flags & (parser.SRE_FLAG_IGNORECASE | parser.SRE_FLAG_MULTILINE | parser.SRE_FLAG_VERBOSE)
    try:
        items = parser.parse(source, known | parser.SRE_FLAG_DOTALL)
    except (re_error, OverflowError, RecursionError) as error:
        raise ValueError(f"its syntax is not the one of Python's re ({error}); write it in that syntax") from None
    reading = Reading(bool(flags & parser.SRE_FLAG_IGNORECASE), bool(flags & parser.SRE_FLAG_MULTILINE))
    return _sequence(list(items), reading)


re_error: Final = parser.error


def _sequence(items: Sequence[tuple[Any, Any]], reading: Reading) -> Node:
    """A sequence, groups in it taken out of their brackets."""
    nodes: list[Node] = []
    for kind, value in items:
        node = _node(kind, value, reading)
        nodes.extend(node.items if isinstance(node, Seq) else (node,))
    return nodes[0] if len(nodes) == 1 else Seq(tuple(nodes))


def _node(kind: Any, value: Any, reading: Reading) -> Node:
    if kind in (op.LITERAL, op.NOT_LITERAL, op.IN, op.ANY):
        return _characters(kind, value, reading)
    if kind is op.SUBPATTERN:
        return _group(value, reading)
    if kind is op.ATOMIC_GROUP:
        return _sequence(list(value), reading)
    if kind is op.BRANCH:
        return Alt(tuple(_sequence(list(branch), reading) for branch in value[1]))
    if kind in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
        low, high, item = value
        return Rep(int(low), None if high is op.MAXREPEAT else int(high), _sequence(list(item), reading))
    if kind in (op.ASSERT, op.ASSERT_NOT):
        return Look(value[0] > 0, kind is op.ASSERT_NOT, _sequence(list(value[1]), reading))
    if kind is op.GROUPREF:
        return reading.groups[value]
    if kind is op.AT:
        return _edge(value, reading)
    raise ValueError(f"it holds {str(kind).lower()}, which the automaton has no form for; write it another way")


def _group(value: Any, reading: Reading) -> Node:
    number, added, removed, items = value
    before = reading.caseless
    if added & parser.SRE_FLAG_IGNORECASE:
        reading.caseless = True
    if removed & parser.SRE_FLAG_IGNORECASE:
        reading.caseless = False
    node = _sequence(list(items), reading)
    reading.caseless = before
    if number is not None:
        reading.groups[number] = node
    return node


def _edge(value: Any, reading: Reading) -> Node:
    if value is op.AT_BOUNDARY:
        return Edge("b")
    if value is op.AT_NON_BOUNDARY:
        return Edge("B")
    if value is op.AT_BEGINNING and reading.multiline:
        return Edge("^")
    if value is op.AT_END and reading.multiline:
        return Edge("$")
    raise ValueError(
        r"it asks for the text's beginning or end, which a stream does not show; use \b, or ^ and $ of a line"
    )


def _characters(kind: Any, value: Any, reading: Reading) -> Node:
    if kind is op.ANY:
        return One(ALL)
    if kind is op.LITERAL and value > 0x7F:
        return _literal(value, reading)
    if kind is op.NOT_LITERAL:
        return One(ALL - _cased(frozenset({value}), reading) if value < 0x80 else ALL)
    if kind is op.LITERAL:
        return One(_cased(frozenset({value}), reading))
    return One(_set(value, reading))


def _literal(code: int, reading: Reading) -> Node:
    """A character beyond ASCII, as the fold writes it: as nothing, one or several."""
    folded = {fold_char(form) for form in {chr(code), *(_cases(chr(code)) if reading.caseless else ())}}
    forms = [Seq(tuple(One(_cased(frozenset({ord(char)}), reading)) for char in form)) for form in sorted(folded)]
    return Alt(tuple(forms)) if len(forms) > 1 else forms[0]


def _cases(char: str) -> set[str]:
    return {form for form in (char.lower(), char.upper()) if len(form) == 1}


def _set(members: Sequence[tuple[Any, Any]], reading: Reading) -> Codes:
    """A class. One that is negated must not lose a stand-in because of one of the many that it stands for."""
    negated = bool(members) and members[0][0] is op.NEGATE
    codes: set[int] = set()
    for kind, value in members[1:] if negated else members:
        if kind is op.CATEGORY and value in _CATEGORIES:
            codes |= _CATEGORIES[value]
        elif kind in (op.LITERAL, op.RANGE):
            low, high = (value, value) if kind is op.LITERAL else value
            codes |= _cased(frozenset(range(low, min(high, 0x7F) + 1)), reading)
            if high > 0x7F and not negated:
                codes |= _beyond(low, high)
        else:
            raise ValueError("it holds a class that the automaton has no form for; write it another way")
    return frozenset(ALL - codes if negated else codes)


def _beyond(low: int, high: int) -> set[int]:
    """What the characters of a range beyond ASCII are folded to; of a large one, whatever there is."""
    if high - max(low, 0x80) > 512:
        return set(ALL)
    return {ord(char) for code in range(max(low, 0x80), high + 1) for char in fold_char(chr(code))}


def _cased(codes: Codes, reading: Reading) -> Codes:
    if not reading.caseless:
        return codes
    letters = {chr(code) for code in codes if code < 0x80}
    return codes | {ord(form) for char in letters for form in (char.lower(), char.upper())}


def is_zero(node: Node) -> bool:
    """Whether it matches the empty text alone: conditions and nothing else."""
    if isinstance(node, Edge | Look):
        return True
    if isinstance(node, Seq):
        return all(map(is_zero, node.items))
    return isinstance(node, Alt) and all(map(is_zero, node.items))
