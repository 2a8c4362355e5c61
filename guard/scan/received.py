"""The last of one channel's text as it was received: for rules that read letters, or words in front of a match.

Bounded: what lies `BEHIND_CHARS` before the text in doubt is forgotten.
"""

from typing import Final

import msgspec

BEHIND_CHARS: Final = 256
_SLACK_CHARS: Final = 2048


class Received:
    """Text and where it begins. Positions are those of the channel."""

    __slots__ = ("_base", "_text")

    def __init__(self) -> None:
        self._text = ""
        self._base = 0

    def append(self, text: str) -> bool:
        """Takes more text. Whether there is enough to `forget` some of it."""
        self._text += text
        return len(self._text) > _SLACK_CHARS

    def forget(self, doubt: int) -> None:
        """`doubt` is where the text in doubt begins: what lies far before it is not asked for any more."""
        spare = doubt - BEHIND_CHARS - self._base
        if spare > 0:
            self._text = self._text[spare:]
            self._base += spare

    def char(self, position: int) -> str:
        """One character; empty if it is forgotten."""
        at = position - self._base
        return self._text[at] if 0 <= at < len(self._text) else ""

    def before(self, position: int) -> "Before":
        """The text in front of a position."""
        at = max(0, position - self._base)
        return Before(self._text[max(0, at - BEHIND_CHARS) : at])


class Before(msgspec.Struct):
    """What stands in front of a match, as it was received. Matches that begin at one place share it.

    `words` is for whoever rates them: what was made of the text once need not be made again.
    """

    text: str = ""
    words: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Before(<{len(self.text)}>)"
