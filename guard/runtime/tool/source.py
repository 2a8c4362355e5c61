"""Where a call's arguments come from: which of their values stand in an earlier message, and in whose.

Values are looked for as they stand, after case, width and space are evened out; a value that a model wrote in other
words is not found. Work is bounded: the newest messages, so many values, each looked for once. And it gives way
after each value, since other streams run on the same loop.
"""

import asyncio
import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from guard.core.discreet import Discreet
from guard.core.tool_facts import SourceFacts
from guard.dialects.json_text import Path
from guard.runtime.tool.argument import Arguments, leaves_of, spelled

SHORTEST: Final = 8
"""Characters of a value that is looked for; shorter ones stand anywhere."""
SHORTEST_NUMBER: Final = 6
"""Digits of a number that is."""
MOST_CHARS: Final = 400_000
"""Characters of messages that are looked through, the newest first."""
MOST_VALUES: Final = 64
MOST_SOURCES: Final = 64
LONG_LINE: Final = 24
"""Characters of a line of a text that is looked for by itself."""
_LONG_TEXT: Final = 10_000
_TRIES: Final = 32
"""Places at which a value is tried before it counts as not there: it must not be a part of a longer number or name."""

_MAIL: Final = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_HOST: Final = re.compile(r"://(?:[^\s/@]{1,64}@)?([\w-]{1,63}(?:\.[\w-]{1,63}){1,8})")
_DIGITS: Final = re.compile(r"\d+")
_HIDDEN: Final = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")


class Told(Discreet, frozen=True):
    """A text of an earlier message: who speaks; for a tool's result which tool, and whether it looks like an attack."""

    text: str
    role: str
    tool: str = ""
    untrusted: bool = False


class Sources:
    """The earlier messages of one exchange, made ready to be looked through."""

    def __init__(self, told: Sequence[Told]) -> None:
        """`told` in the order of the conversation."""
        self._raw: list[Told] = []
        """The newest texts that have not been made ready, the oldest of them first."""
        self._told: list[Told] = []
        left = MOST_CHARS
        for one in reversed(told):
            if left <= 0:
                break
            self._raw.append(msgspec.structs.replace(one, text=one.text[:left]))
            left -= len(one.text)
        self._raw.reverse()

    async def of(self, arguments: Arguments) -> tuple[SourceFacts, ...]:
        """The sources of a call's arguments."""
        while self._raw:
            one = self._raw.pop()
            self._told.append(msgspec.structs.replace(one, text=evened(unescaped(one.text))))
            if len(one.text) > _LONG_TEXT:
                await asyncio.sleep(0)
        found: dict[SourceFacts, None] = {}
        for path, value in _values(arguments):
            for one in self._told:
                if len(found) < MOST_SOURCES and _stands_in(value, one.text):
                    found[SourceFacts(spelled(path), one.role, one.tool, one.untrusted)] = None
            await asyncio.sleep(0)
        return tuple(found)


def evened(text: str) -> str:
    """A text in the form in which values are compared."""
    plain = text if text.isascii() else _HIDDEN.sub("", unicodedata.normalize("NFKC", text))
    return " ".join(plain.casefold().split())


def unescaped(text: str) -> str:
    """With what its strings say, if it is JSON that escapes letters: tools answer in JSON."""
    if "\\" not in text or not text.lstrip().startswith(("{", "[")):
        return text
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return text
    return "\n".join([text, *(leaf for _, leaf in leaves_of(value) if isinstance(leaf, str))])


def _values(arguments: Arguments) -> Iterator[tuple[Path, str]]:
    """What is looked for: at most `MOST_VALUES`, each with the path of the argument that it is a part of."""
    seen: set[tuple[Path, str]] = set()
    for path, value in arguments.leaves():
        for part in _parts(value):
            if len(seen) >= MOST_VALUES:
                return
            if (path, part) not in seen:
                seen.add((path, part))
                yield path, part


def _parts(value: object) -> Iterator[str]:
    """A value and what in it is worth looking for by itself: addresses, hosts, numbers, lines of a text."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = f"{value:f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
    if not isinstance(value, str):
        return
    whole = evened(value)
    if len(whole) >= SHORTEST and not whole.isdigit():
        yield whole
    yield from _MAIL.findall(whole)
    yield from _HOST.findall(whole)
    yield from (digits for digits in _DIGITS.findall(whole) if len(digits) >= SHORTEST_NUMBER)
    if "\n" in value:
        yield from (line for line in map(evened, value.splitlines()) if len(line) >= LONG_LINE)


def _stands_in(value: str, text: str) -> bool:
    """Whether it stands there and is no part of a longer word or number."""
    at = text.find(value)
    for _ in range(_TRIES):
        if at < 0:
            return False
        end = at + len(value)
        if not (_joins(text[at - 1 : at], value[0]) or _joins(value[-1], text[end : end + 1])):
            return True
        at = text.find(value, at + 1)
    return False


def _joins(left: str, right: str) -> bool:
    return left.isalnum() and right.isalnum()
