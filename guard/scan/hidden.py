"""Hidden text: characters that a reader doesn't see and a model does (Unicode TR36; tag characters, bidi controls).

A joiner or tag that belongs to an emoji sequence (Unicode TR51), and a joiner between letters of scripts that need it,
is not hidden text. A joiner at the end of what was received is in doubt until the next character comes.
"""

import re
from typing import Final

from guard.core.finding import Finding

_CLASS: Final = re.compile(
    "(?P<HIDDEN_TAGS>[\U000e0000-\U000e007f])"
    "|(?P<HIDDEN_BIDI>[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069])"
    "|(?P<HIDDEN_ZERO_WIDTH>[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200d\u2060-\u2065\u206a-\u206f"
    "\u3164\ufeff\uffa0\U000e0100-\U000e01ef\U0001d173-\U0001d17a])"
    "|(?P<HIDDEN_ANSI>[\x1b\x90\x98\x9b\x9d-\x9f])"
)
_JOINERS: Final = "\u200c\u200d"
_FLAG: Final = "\U0001f3f4"
_TAG_END: Final = "\U000e007f"
_FLAG_TAGS: Final = range(3, 7)
"""How many tags name a region in a flag's sequence (Unicode TR51, ED-14a: two letters and up to three or four more)."""


class HiddenText:
    """Finds hidden characters in one channel as they flow by, one code point at a time.

    What is in doubt: a joiner whose right neighbour has not come, and a flag's tags whose end has not.
    """

    __slots__ = ("_doubt", "_found", "_tags", "previous")

    def __init__(self) -> None:
        self.previous = ""
        """The last character. Plain text may go by while nothing is in doubt, if it is set to the last of that."""
        self._doubt: tuple[int, int] | None = None
        self._tags = 0
        """How many tags of a flag are in doubt; 0 when what is in doubt is a joiner."""
        self._found: list[Finding] = []

    @property
    def idle(self) -> bool:
        """Whether plain text needs no look: nothing is in doubt."""
        return self._doubt is None

    def settled(self, received: int) -> int:
        """How far every character has its verdict."""
        return received if self._doubt is None else self._doubt[0]

    def feed(self, char: str, at: int, width: int = 1) -> None:
        """Takes the next character, written with `width` code points at `at`."""
        found = _CLASS.match(char)
        kind = found.lastgroup if found is not None else None
        if self._doubt is not None and self._resolved(char, kind, at + width):
            return
        if kind is None:
            self.previous = char
        elif kind == "HIDDEN_TAGS" and self.previous == _FLAG and char != _TAG_END:
            self._doubt, self._tags, self.previous = (at, at + width), 1, ""
        elif char in _JOINERS and _joins(self.previous):
            self._doubt, self._tags = (at, at + width), 0
        else:
            self.previous = "" if kind == "HIDDEN_TAGS" else self.previous
            self._add(kind, at, at + width)

    def take(self, final: bool = False) -> tuple[Finding, ...]:
        """What was found since the last call. `final`: no character will follow."""
        if final and self._doubt is not None:
            self._convict(self._doubt)
        found, self._found = tuple(self._found), []
        return found

    def _resolved(self, char: str, kind: str | None, end: int) -> bool:
        """Settles what is in doubt, as far as `char` does. Whether `char` is dealt with by that."""
        if self._doubt is None:
            return False
        doubt = self._doubt
        if self._tags == 0:
            if _joins(char):
                self._doubt = None
            else:
                self._convict(doubt)
            return False
        if kind != "HIDDEN_TAGS":
            self._convict(doubt)
            return False
        self._doubt = (doubt[0], end)
        if char == _TAG_END and self._tags in _FLAG_TAGS:
            self._doubt = None
        elif char == _TAG_END or self._tags + 1 not in range(1, _FLAG_TAGS.stop):
            self._convict(self._doubt)
        else:
            self._tags += 1
        return True

    def _convict(self, doubt: tuple[int, int]) -> None:
        self._add("HIDDEN_TAGS" if self._tags else "HIDDEN_ZERO_WIDTH", *doubt)
        self._doubt = None

    def _add(self, type_: str, start: int, end: int) -> None:
        last = self._found[-1] if self._found else None
        if last is not None and last.type == type_ and last.end == start:
            self._found[-1] = Finding(type_, last.start, end, engine="pattern", rule="hidden_text")
        else:
            self._found.append(Finding(type_, start, end, engine="pattern", rule="hidden_text"))


def _joins(char: str) -> bool:
    """Whether a joiner beside this character has a visible job: emoji, and scripts whose letters join."""
    if not char:
        return False
    code = ord(char[0])
    return (
        0x1F000 <= code <= 0x1FAFF
        or 0x2190 <= code <= 0x2BFF
        or code in (0xFE0F, 0x00A9, 0x00AE, 0x203C, 0x2049, 0x3030, 0x303D)
        or 0x0600 <= code <= 0x08FF
        or 0x0900 <= code <= 0x0DFF
        or 0x1000 <= code <= 0x109F
        or 0x1780 <= code <= 0x17FF
        or 0x1800 <= code <= 0x18AF
    )
