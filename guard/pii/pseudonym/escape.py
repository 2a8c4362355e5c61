"""How a value has to be written where a placeholder or a surrogate stands, so that the text round it stays sound."""

import html
import json
import re
from typing import Final
from urllib.parse import quote

from guard.core.stretch import Stretch

_SPELT: Final = re.compile(r"\\[ux][0-9A-Fa-f]{2}")
_SPELT_TWICE: Final = re.compile(r"\\\\[ux][0-9A-Fa-f]{2}")
_PERCENT: Final = re.compile(r"%(?:3[CE]|5F)", re.IGNORECASE)
_OPENED: Final = re.compile(r"(?P<name>\"[ \n]{0,8}:)?(?:(?<=[:\[,{])[ \n]{0,8})(?P<escapes>\\*)\"[^\"]*\Z")
"""The quote that opens a string of JSON, behind the name of a member or another sign of JSON."""
_OPENED_CHARS: Final = 512
_MOST_DEEP: Final = 4
_LONE: Final = re.compile(r"[\ud800-\udfff]")
_UNKNOWN: Final = "\ufffd"
_ENTITY: Final = re.compile(r"&(?:[lg]t|#)")


def value_of(stretch: Stretch) -> str:
    """The value that a stretch holds: in JSON, without its escapes."""
    if not stretch.json or stretch.bare or "\\" not in stretch.text:
        return stretch.text
    try:
        value = json.loads(f'"{stretch.text}"', strict=False)
    except ValueError:
        return stretch.text
    return value if isinstance(value, str) else stretch.text


def written(value: str, stretch: Stretch) -> str:
    """A value as it is written in a stretch's place: escaped as JSON, HTML or URLs ask, if it stands in such a text."""
    if _PERCENT.search(stretch.text):
        value = quote(_LONE.sub(_UNKNOWN, value), safe="")
    elif _ENTITY.search(stretch.text):
        value = html.escape(value)
    depth = _depth(stretch)
    for _ in range(depth):
        value = in_string(value)
    return stretch.quoted(value if depth else _LONE.sub(_UNKNOWN, value))


def _depth(stretch: Stretch) -> int:
    """In how many strings of JSON it stands, one in another: by the quote that opened the last, or its own escapes."""
    spelt = _SPELT_TWICE if stretch.json else _SPELT
    depth = int(stretch.json) + (spelt.search(stretch.text) is not None or "\\" in stretch.quoted(""))
    opened = _OPENED.search(stretch.before[-_OPENED_CHARS:])
    if opened is not None and (stretch.json or opened["name"]):
        depth = max(depth, min(_MOST_DEEP, len(opened["escapes"]).bit_length() + 1))
    return depth


def in_string(value: str) -> str:
    """A value as it is written inside a JSON string. Halves of surrogate pairs have no other form than their escape."""
    return _LONE.sub(lambda half: f"\\u{ord(half[0]):04x}", json.dumps(value, ensure_ascii=False)[1:-1])
