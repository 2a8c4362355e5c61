"""From any regular expression to what the automaton can hold of it: never less than the expression matches.

A look behind or a word's edge in front becomes the class of neighbours; back-references become what they refer to;
every other condition is dropped, and the expression itself confirms. What a look ahead reads beyond the match is
waited for. A look behind that the match begins with is read as a part of it.
"""

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from guard.scan.spell import members, spelt
from guard.scan.syntax import ALL, NEWLINE, WORD, Alt, Codes, Edge, Look, Node, One, Rep, Seq, is_zero, parse

MOST_CHARS: Final = 512
"""The most characters of running text, white space included, that an expression may reach over."""

_RUNNING: Final = frozenset(map(ord, " e"))
"""What prose is made of: a repeat of both never ends in it."""

_INLINE: Final = re.compile(r"\(\?([aiLmsux]+)\)")
_WRITTEN_OUT: Final = re.compile(r"\\[uUxN]")
"""A character by its number or name, which may be one beyond ASCII."""

_FLAGS: Final = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL, "x": re.VERBOSE, "u": 0, "a": re.ASCII, "L": 0}


class Relaxed(msgspec.Struct, frozen=True):
    """What goes into a `Pattern`, and the expression that confirms.

    `exact` is compiled with `flags` of `regex`; `behind` says that the value begins where its last group ends. `waits`
    are further expressions, tried at the same place, that text must not be let go in the middle of. `risky`: a
    short text may be matched in very many ways.
    """

    body: str
    not_after: str
    waits: str
    exact: str
    flags: int
    behind: bool
    letters: bool
    risky: bool


def relax(source: str, flags: int, body: str = "") -> Relaxed:
    """`flags` are those of `re` (and `regex`). A `body` that is given takes the place of the one found.

    Raises ValueError, which says what to change, for what can't be held: an expression that matches the empty text,
    reaches over running text without end, or looks further back than it has read.
    """
    plain, flags = _without_inline(source, flags)
    plain, behind = _behind_group(plain)
    tree = parse(plain, flags)
    _refuse_deep_looks(tree, 0)
    waits = [spelt(path) for path in _looks(tree)]
    for node in (tree, *_looks(tree)):
        _refuse_running(node)
    if _least(tree) == 0:
        raise ValueError("it matches the empty text; let it match one character at least")
    return Relaxed(
        body=body or spelt(tree),
        not_after=members(ALL - _left(tree)),
        waits="" if body else "|".join(waits),
        exact=plain,
        flags=flags,
        behind=behind,
        letters=not plain.isascii() or bool(_WRITTEN_OUT.search(plain)),
        risky=_is_risky(tree),
    )


def _without_inline(source: str, flags: int) -> tuple[str, int]:
    """Flags written inside, wherever they stand: `regex` lets them hold for all of the expression."""
    for letters in _INLINE.findall(source):
        for letter in letters:
            flags |= _FLAGS[letter]
    return _INLINE.sub("", source), flags


def _behind_group(source: str) -> tuple[str, bool]:
    """A look behind at the very front becomes text that is read, and an empty group marks where it ends."""
    if not source.startswith("(?<="):
        return source, False
    depth, at, in_class = 0, 0, False
    while at < len(source):
        char = source[at]
        if char == "\\":
            at += 2
            continue
        if in_class:
            in_class = char != "]"
        elif char == "[":
            in_class = True
            at += 1 if source[at + 1 : at + 2] in ("]", "^") else 0
        elif char in "()":
            depth += 1 if char == "(" else -1
            if depth == 0:
                break
        at += 1
    look, rest = source[4:at], source[at + 1 :]
    if re.fullmatch(r"\\.|\[[^\]\\]*\]|[^\\\[(]", look):
        return source, False
    if re.search(r"\\[1-9]", source):
        raise ValueError("it has both a look behind in front and a back-reference; write it without one of them")
    return f"(?:{look})()(?:{rest})", True


def _least(node: Node) -> int:
    """The fewest characters that it takes."""
    if isinstance(node, One):
        return 1
    if isinstance(node, Seq):
        return sum(map(_least, node.items))
    if isinstance(node, Alt):
        return min(map(_least, node.items))
    return node.low * _least(node.item) if isinstance(node, Rep) else 0


def _most(node: Node) -> float:
    """The most characters that it takes, looks ahead aside."""
    if isinstance(node, One):
        return 1
    if isinstance(node, Seq):
        return sum(map(_most, node.items))
    if isinstance(node, Alt):
        return max(map(_most, node.items))
    if isinstance(node, Rep):
        most = _most(node.item)
        return 0 if most == 0 else float("inf") if node.high is None else node.high * most
    return 0


def _codes(node: Node) -> Codes:
    """Every character that it may take."""
    if isinstance(node, One):
        return node.codes
    if isinstance(node, Seq | Alt):
        return frozenset().union(*map(_codes, node.items))
    return _codes(node.item) if isinstance(node, Rep) else frozenset()


def _first(node: Node) -> Codes:
    """Every character that it may begin with; all of them if it may be empty."""
    if isinstance(node, One):
        return node.codes
    if isinstance(node, Alt):
        return frozenset().union(*map(_first, node.items))
    if isinstance(node, Rep):
        return ALL if node.low == 0 else _first(node.item)
    if isinstance(node, Seq):
        codes: Codes = frozenset()
        for item in node.items:
            if not is_zero(item):
                codes |= _first(item) if _least(item) else _codes(item)
                if _least(item):
                    return codes
    return ALL


def _left(node: Node) -> Codes:
    """The characters that may stand before it: all that can be told from its front."""
    items = node.items if isinstance(node, Seq) else (node,)
    allowed = ALL
    for index, item in enumerate(items):
        if is_zero(item):
            allowed &= _allows(item, Seq(items[index + 1 :]))
            continue
        if isinstance(item, Alt):
            allowed &= frozenset().union(*map(_left, item.items))
        elif isinstance(item, Rep) and item.low:
            allowed &= _left(item.item)
        elif isinstance(item, Seq):
            allowed &= _left(item)
        break
    return allowed


def _allows(item: Node, rest: Node) -> Codes:
    """The characters before a condition that stands in front of `rest`."""
    if isinstance(item, Alt):
        return frozenset().union(*(_allows(one, rest) for one in item.items))
    if isinstance(item, Seq):
        return frozenset(ALL).intersection(*(_allows(one, rest) for one in item.items))
    if isinstance(item, Edge) and item.kind == "^":
        return NEWLINE
    if isinstance(item, Edge) and item.kind in "bB":
        first = _first(rest)
        inside = first <= WORD
        if not inside and first & WORD:
            return ALL
        return ALL - WORD if inside == (item.kind == "b") else WORD
    if isinstance(item, Look) and not item.ahead and isinstance(item.item, One):
        return ALL - item.item.codes if item.denies else item.item.codes
    return ALL


def _looks(node: Node) -> Iterator[Node]:
    """What leads to each look ahead of more than a character, and what that reads."""
    if isinstance(node, Look):
        if node.ahead and not isinstance(node.item, One):
            yield node.item
            yield from _looks(node.item)
    elif isinstance(node, Seq):
        for index, item in enumerate(node.items):
            for path in _looks(item):
                yield Seq((*node.items[:index], path))
    elif isinstance(node, Alt):
        for item in node.items:
            yield from _looks(item)
    elif isinstance(node, Rep):
        for path in _looks(node.item):
            yield Seq((Rep(0, node.high, node.item), path))


def _refuse_running(node: Node) -> None:
    """Text that is waited for has to end: at a space, or soon."""
    if isinstance(node, Rep) and _codes(node.item) >= _RUNNING and _most(node) > MOST_CHARS:
        raise ValueError(
            f"it reaches over running text without an end; bound the repeat to {MOST_CHARS} characters, "
            "or leave white space out of its class"
        )
    children = node.items if isinstance(node, Seq | Alt) else (node.item,) if isinstance(node, Rep) else ()
    for child in children:
        _refuse_running(child)


def _refuse_deep_looks(node: Node, read: int) -> int:
    """Refuses a look behind that reads more than the match has, and one character. Returns what has been read."""
    if isinstance(node, Look):
        if not node.ahead and _most(node.item) > read + 1:
            raise ValueError("it looks behind further than one character before its match; look at one character")
        return read
    if isinstance(node, Seq):
        for item in node.items:
            read = _refuse_deep_looks(item, read)
        return read
    if isinstance(node, Alt):
        return min(_refuse_deep_looks(item, read) for item in node.items)
    if isinstance(node, Rep):
        after = _refuse_deep_looks(node.item, read)
        return read + node.low * (after - read)
    return read + _least(node)


def _is_risky(tree: Node) -> bool:
    """Whether a short text may be matched in very many ways: choices inside repeats, or many choices in a row."""
    return _is_nested(tree) or _choices(tree, endless=True) > 2 or _choices(tree, endless=False) > 8


def _choices(node: Node, endless: bool) -> int:
    """How many repeats of several lengths it has; or, of them, those without an end."""
    if isinstance(node, Seq | Alt):
        return sum(_choices(item, endless) for item in node.items)
    if isinstance(node, Rep):
        counts = node.high is None if endless else node.low != node.high
        return counts + _choices(node.item, endless)
    return _choices(node.item, endless) if isinstance(node, Look) else 0


def _is_nested(node: Node, inside: bool = False) -> bool:
    """Whether a choice stands inside a repeat."""
    if isinstance(node, Rep):
        again = node.high is None or node.high > 1
        return (inside and node.low != node.high) or _is_nested(node.item, inside or again)
    if isinstance(node, Alt):
        return inside or any(_is_nested(item, inside) for item in node.items)
    if isinstance(node, Seq):
        return any(_is_nested(item, inside) for item in node.items)
    return isinstance(node, Look) and _is_nested(node.item, inside)
