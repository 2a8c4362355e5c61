"""One encoded stretch, decoded as it flows, with a scanner of its own for what it says and a way back to what was
received.

A stretch is taken for encoded as long as what it says reads like text: UTF-8 with few control characters. Pictures,
archives and other bytes give up with their first group, and cost nothing from then on. NUL is skipped, so UTF-16 of
ASCII is read as well. It can't see a value within bytes that are not text.
"""

import re
from collections.abc import Callable
from typing import Final

import msgspec

from guard.core.finding import Finding
from guard.core.taxonomy import PSEUDONYM
from guard.ports import ChannelEngine
from guard.scan.encoding import Encoding

_CHAR: Final = re.compile(
    rb"(?P<null>\x00)|(?P<text>[\t\n\r\x20-\x7e]|[\xc2-\xdf][\x80-\xbf]"
    rb"|(?:\xe0[\xa0-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]|\xed[\x80-\x9f])[\x80-\xbf]"
    rb"|(?:\xf0[\x90-\xbf]|[\xf1-\xf3][\x80-\xbf]|\xf4[\x80-\x8f])[\x80-\xbf]{2})"
    rb"|(?P<begun>(?:[\xc2-\xdf]|[\xe0-\xef][\x80-\xbf]?|[\xf0-\xf4][\x80-\xbf]{0,2})\Z)|(?P<odd>[\x00-\xff])"
)
_GOOD_FOR_ONE: Final = 8
"""Characters of text that make up for one that is none."""
_MOST_CREDIT: Final = 3
_MOST_SKIPPED: Final = 3
_UNKNOWN: Final = "\ufffd"

Place = tuple[int, int]
"""Where a character was received, half-open."""

Open = Callable[[], ChannelEngine]


class Decoded:
    """Reads one stretch. `alive` until it is seen to be no text, or is finished."""

    def __init__(self, encoding: Encoding, open_: Open) -> None:
        self._encoding = encoding
        self._open = open_
        self._scanner: ChannelEngine | None = None
        self._letters = ""
        """Of the group that is not whole yet, and where each was received."""
        self._places: list[Place] = []
        self._bytes = b""
        """Of the character that is not whole yet, and where each was received."""
        self._byte_places: list[Place] = []
        self._skipped: list[Place] = []
        """Of NULs that may belong to the next character."""
        self._told = 0, 0
        """Where the last finding ended, in what was said and in what was received."""
        self._chars: list[str] = []
        """Not handed to the scanner yet."""
        self._char_places: list[Place] = []
        """Of the characters that it has not been handed or has in doubt; the first is number `_base` of all."""
        self._base = 0
        self._credit = _GOOD_FOR_ONE
        self.alive = True
        self.found: list[Finding] = []
        """What was found since this was last emptied."""

    @property
    def aligned(self) -> bool:
        """Whether every group that has begun is whole."""
        return not self._letters

    def safe(self, end: int) -> int:
        """Where what is in doubt was received; `end` if nothing is."""
        for places in (self._char_places, self._skipped, self._byte_places, self._places):
            if places:
                return places[0][0]
        return end

    def feed(self, letters: str, places: list[Place]) -> int:
        """Takes more of the stretch: letters, and where each was received. Returns how many of them belong to it.

        All of them do while it is `alive`; the letter that ends it is the last that does.
        """
        size = self._encoding.accepted(letters)
        used = self._decode(letters[:size], places[:size])
        if self.alive and size < len(letters):
            self.finish()
            return size + 1
        return used

    def finish(self) -> None:
        """The stretch is over."""
        if len(self._letters) > 1:
            self._group(self._letters, self._places)
        if self._bytes:
            self._take(_UNKNOWN, self._byte_places)
        self._say(final=True)

    def close(self) -> None:
        """Gives the scanner back."""
        self.alive = False
        self._char_places, self._skipped, self._byte_places, self._places = [], [], [], []
        if self._scanner is not None:
            self._scanner.close()
            self._scanner = None

    def _decode(self, letters: str, places: list[Place]) -> int:
        """Group by group, so that it ends with the same letter however the text was cut."""
        size, begun = self._encoding.group, len(self._letters)
        letters, places = self._letters + letters, self._places + places
        at = 0
        while at + size <= len(letters) and self._credit >= 0:
            self._group(letters[at : at + size], places[at : at + size])
            at += size
        self._letters, self._places = letters[at:], places[at:]
        over = self._credit < 0
        self._say(final=over)
        return at - begun if over else len(letters) - begun

    def _group(self, letters: str, places: list[Place]) -> None:
        said = self._encoding.decode(letters)
        last = len(letters) - 1
        self._byte_places += [
            (places[first][0], places[min(end, last)][1]) for first, end in self._encoding.letters[: len(said)]
        ]
        self._read(self._bytes + said)

    def _read(self, data: bytes) -> None:
        """Bytes into characters."""
        at = 0
        while at < len(data):
            found = _CHAR.match(data, at)
            if found is None or found.lastgroup == "begun":
                break
            places = self._byte_places[at : found.end()]
            if found.lastgroup == "text":
                self._credit = min(self._credit + 1, _MOST_CREDIT * _GOOD_FOR_ONE)
                char = found[0].decode("utf-8", "replace")  # some that look whole are none: overlong ones, surrogates
                self._take(char if len(char) == 1 else _UNKNOWN, places)
            elif found.lastgroup == "null":
                # It belongs to the character behind it, unless there are many.
                self._skipped = [*self._skipped, *places] if len(self._skipped) < _MOST_SKIPPED else []
            else:
                self._credit -= _GOOD_FOR_ONE
                self._take(_UNKNOWN, places)
            at = found.end()
        self._bytes, self._byte_places = data[at:], self._byte_places[at:]

    def _take(self, char: str, places: list[Place]) -> None:
        self._chars.append(char)
        first = self._skipped[0] if self._skipped else places[0]
        self._char_places.append((first[0], places[-1][1]))
        self._skipped = []

    def _say(self, *, final: bool) -> None:
        """Hands characters to the scanner, and takes what it finds back to where it was received."""
        text = "".join(self._chars)
        self._chars.clear()
        if self._scanner is None and not final:
            self._scanner = self._open()
        if self._scanner is not None:
            verdict = self._scanner.feed(text, final)
            self.found += [self._back(finding) for finding in verdict.findings if _counts(finding)]
            self._char_places = self._char_places[verdict.upto - self._base :]
            self._base = verdict.upto
        if final:
            self.close()

    def _back(self, finding: Finding) -> Finding:
        places = self._char_places  # the scanner finds nothing before what it had in doubt
        start = places[max(0, finding.start - self._base)][0]
        end = places[min(len(places), finding.end - self._base) - 1][1]
        if finding.start >= self._told[0]:
            # Neighbours share a letter: it belongs to the first of them.
            start = min(max(start, self._told[1]), end)
            self._told = finding.end, end
        rule = f"{finding.rule}_in_{self._encoding.name}"
        return msgspec.structs.replace(finding, start=start, end=end, rule=rule, bare=False, quote='"')


def _counts(finding: Finding) -> bool:
    """No placeholder is restored in an encoded text, unseen characters hide nothing there that is not hidden, and what
    is too weak to count would be found in many a number that is not encoded at all."""
    weak = finding.score < finding.threshold
    return not weak and finding.type != PSEUDONYM and not finding.type.startswith("HIDDEN_")
