"""The prefix automaton's source: from a pattern to an expression of everything that could still become a match.

The prefixes of a regular language are a regular language; it is derived here from the pattern's parse tree:
`P(ab) = P(a) | a P(b)`, `P(a|b) = P(a) | P(b)`, `P(a{m,n}) = a{0,n-1} P(a)`. Whole matches are prefixes too, since
text that follows could lengthen them or take them back. The result never matches the empty string.

The expression is written backwards, to be read from the end of a text towards its beginning: the longest run from there
is the earliest suffix that could still become a match.
"""

import re._constants as op  # type: ignore[import-not-found]
import re._parser as parser  # type: ignore[import-not-found]
from collections.abc import Sequence
from typing import Any, Final

_CATEGORIES: Final = {
    op.CATEGORY_DIGIT: r"0-9",
    op.CATEGORY_WORD: r"0-9A-Za-z_",
    op.CATEGORY_SPACE: r" \t\n\r\f\v",
}

_Item = tuple[Any, Any]


def reversed_prefixes(body: str) -> str:
    """An expression for the reversals of the non-empty prefixes of `body`'s matches, the matches included.

    Raises ValueError for what can't be derived (look-arounds, back-references, anchors, lazy or possessive quantifiers)
    and for a body that matches the empty string.
    """
    items = list(parser.parse(body, parser.SRE_FLAG_ASCII | parser.SRE_FLAG_DOTALL))
    if _can_be_empty(items):
        raise ValueError(f"pattern {body!r} matches the empty string")
    return _prefixes(items)


def _prefixes(items: Sequence[_Item]) -> str:
    """Backwards: the prefixes of the first item, or those of the rest and then the first item whole."""
    (kind, value), rest = items[0], items[1:]
    if not rest:
        return _item_prefixes(kind, value)
    after = _prefixes(rest)
    if _is_single(kind):
        return f"(?:{after})?{_single(kind, value)}"
    return f"(?:{_item_prefixes(kind, value)}|(?:{after}){_item_whole(kind, value)})"


def _item_prefixes(kind: Any, value: Any) -> str:
    if kind is op.SUBPATTERN:
        return f"(?:{_prefixes(_group(value))})"
    if kind is op.BRANCH:
        return "(?:" + "|".join(_prefixes(branch) for branch in value[1] if branch) + ")"
    if kind is op.MAX_REPEAT:
        _, high, item = value
        times = "*" if high is op.MAXREPEAT else f"{{0,{int(high) - 1}}}"
        once = f"(?:{_prefixes(item)})"
        return once if high == 1 else f"(?:{once}(?:{_whole(item)}){times})"
    return _single(kind, value)


def _whole(items: Sequence[_Item]) -> str:
    return "".join(_item_whole(kind, value) for kind, value in reversed(items))


def _item_whole(kind: Any, value: Any) -> str:
    if kind is op.SUBPATTERN:
        return f"(?:{_whole(_group(value))})"
    if kind is op.BRANCH:
        return "(?:" + "|".join(_whole(branch) for branch in value[1]) + ")"
    if kind is op.MAX_REPEAT:
        low, high, item = value
        return f"(?:{_whole(item)}){{{low},{'' if high is op.MAXREPEAT else high}}}"
    return _single(kind, value)


def _group(value: Any) -> Sequence[_Item]:
    _, add_flags, del_flags, items = value
    if add_flags or del_flags:
        raise ValueError("inline flags are not supported in a pattern")
    return list(items)


def _is_single(kind: Any) -> bool:
    return kind in (op.LITERAL, op.NOT_LITERAL, op.IN, op.ANY)


def _single(kind: Any, value: Any) -> str:
    if kind is op.LITERAL:
        return _char(value)
    if kind is op.NOT_LITERAL:
        return f"[^{_char(value)}]"
    if kind is op.ANY:
        return r"[\x00-\xff]"
    if kind is op.IN:
        return _class(value)
    raise ValueError(f"{kind} is not supported in a pattern")


def _class(members: Sequence[_Item]) -> str:
    negate = bool(members) and members[0][0] is op.NEGATE
    parts: list[str] = []
    for kind, value in members[1:] if negate else members:
        if kind is op.LITERAL:
            parts.append(_char(value))
        elif kind is op.RANGE:
            parts.append(f"{_char(value[0])}-{_char(value[1])}")
        elif kind is op.CATEGORY and value in _CATEGORIES:
            parts.append(_CATEGORIES[value])
        else:
            raise ValueError(f"{kind} {value} is not supported in a class")
    return f"[{'^' if negate else ''}{''.join(parts)}]"


def _char(code: int) -> str:
    if code > 0xFF:
        raise ValueError("a pattern's characters are those of the normal form: ASCII and its two stand-ins")
    return chr(code) if chr(code).isascii() and chr(code).isalnum() else f"\\x{code:02x}"


def _can_be_empty(items: Sequence[_Item]) -> bool:
    return all(_item_can_be_empty(kind, value) for kind, value in items)


def _item_can_be_empty(kind: Any, value: Any) -> bool:
    if kind is op.SUBPATTERN:
        return _can_be_empty(_group(value))
    if kind is op.BRANCH:
        return any(_can_be_empty(branch) for branch in value[1])
    if kind is op.MAX_REPEAT:
        return value[0] == 0 or _can_be_empty(value[2])
    return False
