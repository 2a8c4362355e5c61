"""From Go's regular expressions to the automaton: the same matches, confirmed by the same expression.

A long count is read as an open one, and the expression itself counts. It cannot hold what a stream can't: an expression
that reaches over running text without an end, or one that matches the empty text.
"""

import re
from typing import Final

import msgspec

from guard.scan.relax import Relaxed, relax
from guard.scan.spell import spelt
from guard.scan.syntax import Alt, Node, Rep, Seq, parse

_CLASSES: Final = {
    "[:alnum:]": "0-9A-Za-z",
    "[:alpha:]": "A-Za-z",
    "[:digit:]": "0-9",
    "[:lower:]": "a-z",
    "[:upper:]": "A-Z",
    "[:xdigit:]": "0-9A-Fa-f",
    "[:word:]": r"\w",
    "[:space:]": r"\s",
    "[:punct:]": r"!-/:-@\[-`{-~",
}
_LEAD: Final = r"[\w.-]{0,50}?"
"""What gitleaks puts in front of names: as few characters as possible, so none at all is as good."""
_SEPARATOR: Final = r"""(?:[ \t\w.-]{0,20})[\s'"]{0,3}(?:=|>|:{1,3}=|\|\||:|=>|\?=|,)[\x60'"\s=]{0,5}"""
"""What it puts between a name and a value."""
_SHARED: Final = (
    r"[ \t\n\r\f\v0-9A-Za-z_.\-]{0,20}[ \t\n\r\f\v'\"]{0,3}(?:=|>|:{1,3}=|\|\||:|=>|\?=|,)[`'\"\s=]{0,5}"
    r"[!-~]{1,8}[!#-&(-_a-~]*"
)
_MOST_COUNTED: Final = 32
_LEAST_COUNTED: Final = 12
_RUNNING: Final = frozenset(map(ord, " e"))


class Expression(msgspec.Struct, frozen=True):
    """What a pattern takes over; `rest` is the end of `body` that many have."""

    relaxed: Relaxed
    body: str
    rest: str = ""


def translated(source: str) -> Expression:
    """Raises ValueError, which says what to change."""
    python = _in_python(source)
    flags = re.MULTILINE
    head, separator, value = python.partition(_SEPARATOR)
    relaxed = relax(python, flags, "x")
    if separator and value.startswith("(") and not re.search(r"\(|\[\^|\.(?!\w)", value[1:].split(")")[0]):
        front = spelt(_eased(parse(*_flagged(_closed(head), flags))))
        return Expression(relaxed, f"(?:{front}){_SHARED}", _SHARED)
    return Expression(relaxed, spelt(_eased(parse(*_flagged(python, flags)))))


def _flagged(source: str, flags: int) -> tuple[str, int]:
    """Without the flags in front, which hold for all of it."""
    found = re.match(r"\(\?([ims]+)\)", source)
    if found is None:
        return source, flags
    return source[found.end() :], flags | (re.IGNORECASE if "i" in found[1] else 0)


def _closed(head: str) -> str:
    """The part in front of the separator, its groups closed."""
    depth = len(re.findall(r"(?<!\\)\(", head)) - len(re.findall(r"(?<!\\)\)", head))
    return head + ")" * depth


def _in_python(source: str) -> str:
    for name, members in _CLASSES.items():
        source = source.replace(name, members)
    source = source.replace(_LEAD, "").replace(r"\z", "$").replace(r"\A", "^")
    return _scoped(source)


def _scoped(source: str) -> str:
    """Flags written in the middle hold from there to the end of their group."""
    found = re.search(r"(?<=.)\(\?i\)", source)
    if found is None or source.startswith("(?i)"):
        return re.sub(r"(?<=.)\(\?i\)", "", source) if source.startswith("(?i)") else source
    depth, at = 0, found.end()
    while at < len(source):
        if source[at] == "\\":
            at += 2
            continue
        depth += {"(": 1, ")": -1}.get(source[at], 0)
        if depth < 0:
            break
        at += 1
    return _scoped(f"{source[: found.start()]}(?i:{source[found.end() : at]}){source[at:]}")


def _eased(node: Node) -> Node:
    """With long counts open: that takes no less."""
    if isinstance(node, Seq | Alt):
        return type(node)(tuple(map(_eased, node.items)))
    if not isinstance(node, Rep):
        return node
    item = _eased(node.item)
    if _holds_running_text(item):
        return Rep(node.low, node.high, item)
    high = node.high if node.high is not None and node.high <= _MOST_COUNTED and node.low <= _LEAST_COUNTED else None
    return Rep(min(node.low, _LEAST_COUNTED), high, item)


def _holds_running_text(node: Node) -> bool:
    if isinstance(node, Seq | Alt):
        return any(map(_holds_running_text, node.items))
    if isinstance(node, Rep):
        return _holds_running_text(node.item)
    return getattr(node, "codes", frozenset()) >= _RUNNING
