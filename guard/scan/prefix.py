"""The prefix automaton's source: from a pattern to an expression of everything that could still become a match.

The prefixes of a regular language are a regular language; it is derived here from the pattern's parse tree:
`P(ab) = P(a) | a P(b)`, `P(a|b) = P(a) | P(b)`, `P(a{m,n}) = a{0,n-1} P(a)`. Whole matches are prefixes too, since
text that follows could lengthen them or take them back. The result never matches the empty string.
"""

import re._constants as op  # type: ignore[import-not-found]
import re._parser as parser  # type: ignore[import-not-found]
from collections.abc import Sequence
from typing import Any, Final

LARGEST_REPEAT: Final = 40
"""Hyperscan refuses larger bounded repeats together with start-of-match; they become unbounded, which holds more."""

_CATEGORIES: Final = {
    op.CATEGORY_DIGIT: r"0-9",
    op.CATEGORY_WORD: r"0-9A-Za-z_",
    op.CATEGORY_SPACE: r" \t\n\r\f\v",
}

_Item = tuple[Any, Any]


def whole_expression(body: str, caseless: bool = False) -> str:
    """The pattern's body, written anew in the form that the prefixes are written in."""
    return _whole(_parse(body, caseless))


def prefix_expression(body: str, caseless: bool = False) -> str:
    """An expression for the non-empty prefixes of `body`'s matches, the matches included.

    Raises ValueError for what can't be derived (look-arounds, back-references, anchors, lazy or possessive quantifiers)
    and for a body that matches the empty string.
    """
    items = _parse(body, caseless)
    if _can_be_empty(items):
        raise ValueError(f"pattern {body!r} matches the empty string")
    return _prefix(items)


def is_relaxed(body: str) -> bool:
    """Whether the prefix automaton takes more than the prefixes of `body`, because of a large bounded repeat."""
    return any(_has_large_repeat(kind, value) for kind, value in _parse(body, caseless=False))


def _has_large_repeat(kind: Any, value: Any) -> bool:
    if kind is op.SUBPATTERN:
        return any(_has_large_repeat(*item) for item in _group(value))
    if kind is op.BRANCH:
        return any(_has_large_repeat(*item) for branch in value[1] for item in branch)
    if kind is op.MAX_REPEAT:
        low, high, item = value
        large = low > LARGEST_REPEAT or (high is not op.MAXREPEAT and high > LARGEST_REPEAT)
        return large or any(_has_large_repeat(*inner) for inner in item)
    return False


def _parse(body: str, caseless: bool) -> list[_Item]:
    flags = re_flags(caseless)
    return list(parser.parse(body, flags))


def re_flags(caseless: bool) -> int:
    """The flags every pattern is read with: ASCII classes, a dot that matches newlines."""
    return int(parser.SRE_FLAG_ASCII | parser.SRE_FLAG_DOTALL | (parser.SRE_FLAG_IGNORECASE if caseless else 0))


def _whole(items: Sequence[_Item]) -> str:
    return "".join(_whole_item(kind, value) for kind, value in items)


def _whole_item(kind: Any, value: Any) -> str:
    if kind is op.SUBPATTERN:
        return f"(?:{_whole(_group(value))})"
    if kind is op.BRANCH:
        return "(?:" + "|".join(_whole(branch) for branch in value[1]) + ")"
    if kind is op.MAX_REPEAT:
        low, high, item = value
        return f"(?:{_whole(item)}){_times(low, high)}"
    return _single(kind, value)


def _prefix(items: Sequence[_Item]) -> str:
    """The non-empty prefixes of a sequence: of its first item, or that item whole and then of the rest."""
    if not items:
        return ""
    (kind, value), rest = items[0], items[1:]
    first = _prefix_item(kind, value)
    if not rest:
        return first
    after = _prefix(rest)
    if _is_single(kind):
        return f"{first}(?:{after})?"
    return f"(?:{first}|{_whole_item(kind, value)}(?:{after}))"


def _prefix_item(kind: Any, value: Any) -> str:
    if kind is op.SUBPATTERN:
        return f"(?:{_prefix(_group(value))})"
    if kind is op.BRANCH:
        return "(?:" + "|".join(_prefix(branch) for branch in value[1] if branch) + ")"
    if kind is op.MAX_REPEAT:
        return _prefix_repeat(*value)
    return _single(kind, value)


def _prefix_repeat(low: int, high: Any, item: Sequence[_Item]) -> str:
    unbounded = high is op.MAXREPEAT or high > LARGEST_REPEAT
    if len(item) == 1 and _is_single(item[0][0]):
        return _whole(item) + ("+" if unbounded else f"{{1,{int(high)}}}")
    if high == 1:
        return f"(?:{_prefix(item)})"
    before = "*" if unbounded else f"{{0,{int(high) - 1}}}"
    return f"(?:(?:{_whole(item)}){before}(?:{_prefix(item)}))"


def _times(low: int, high: Any) -> str:
    if high is op.MAXREPEAT or high > LARGEST_REPEAT:
        return {0: "*", 1: "+"}.get(low, f"{{{min(low, LARGEST_REPEAT)},}}")
    return f"{{{low}}}" if low == high else f"{{{low},{high}}}"


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
