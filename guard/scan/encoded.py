"""Encoded stretches in one channel's text: where they begin and end, and what is found in them.

A run of an encoding's letters that is long enough to say anything is decoded from its beginning, as it flows. Runs that
say nothing are left alone up to the next sign that may stand before an encoded text (`path/…`). What may still become
such a run waits: a word does so anyway. It can't see stretches that begin in the middle of a run of letters.
"""

import re
from collections.abc import Callable, Sequence
from typing import Final

from guard.core.finding import Finding
from guard.ports import ChannelEngine
from guard.scan.decoded import Decoded, Place
from guard.scan.encoding import ALPHABET, ENCODINGS, LETTERS

LEAST_CHARS: Final = 12
"""Letters of the shortest stretch that is decoded: nine bytes in base64, six in hexadecimal."""
LEAST_LINE: Final = 16
"""Letters of the shortest line that may go on in the next one."""

_LONG: Final = re.compile(f"[{LETTERS}]{{{LEAST_CHARS}}}")
_RUN: Final = re.compile(f"[{LETTERS}]*")
_DULL: Final = re.compile("[A-Za-z0-9]*")
_SIGN: Final = re.compile("[+/_-]")
_LINE_END: Final = "\r\n"


class Encoded:
    """One channel's encoded stretches. `found` is what was found since it was last emptied."""

    __slots__ = ("_broken", "_busy", "_end", "_line", "_open", "_places", "_reading", "_skipping", "_tail", "found")

    def __init__(self, open_: Callable[[], ChannelEngine]) -> None:
        """`open_` gives a scanner for what a stretch says."""
        self._open = open_
        self._tail = ""
        """The run of letters that the text ends with, while it is too short to be decoded."""
        self._places: list[Place] | None = None
        """Where its letters were received; None if they are the last ones received, one to one."""
        self._reading: list[Decoded] = []
        self._skipping = False
        """In a run that says nothing."""
        self._line = 0
        """Letters of the line that is being read."""
        self._broken = False
        """Behind a line's end, where the stretch may go on."""
        self._busy = False
        self._end = 0
        self.found: list[Finding] = []

    def pass_by(self, plain: str, end: int) -> int:
        """Takes text that maps one to one and ends at `end`. Returns how far everything has its verdict."""
        tail = self._tail
        if self._busy or (len(tail) + len(plain) >= LEAST_CHARS and _LONG.search(tail + plain)):
            start = end - len(plain)
            return self.feed(plain, range(start, end), range(start + 1, end + 1), end)
        bare = len(plain.rstrip(ALPHABET))
        self._tail = tail = plain[bare:] if bare else tail + plain
        self._end = end
        return end - len(tail)

    def feed(self, text: str, starts: Sequence[int], ends: Sequence[int], end: int, final: bool = False) -> int:
        """Takes text in normal form, and where each character was received. Returns as `pass_by` does."""
        if self._places is None:
            self._places = [(at, at + 1) for at in range(self._end - len(self._tail), self._end)]
        if self._reading or self._skipping or self._is_long(text):
            self._walk(text, list(zip(starts, ends, strict=True)))
        elif text:
            size = len(text.rstrip(ALPHABET))
            self._places = (self._places if size == 0 else []) + list(zip(starts[size:], ends[size:], strict=True))
            self._tail = text[size:] if size else self._tail + text
        if final:
            self._finish()
        return self._safe(end)

    def _is_long(self, text: str) -> bool:
        """Whether a run in the text is long enough to be decoded."""
        tail = self._tail
        return len(tail) + len(text) >= LEAST_CHARS and _LONG.search(tail + text) is not None

    def _walk(self, text: str, places: list[Place]) -> None:
        at = 0
        while at < len(text):
            if self._reading:
                at = self._read(text, places, at)
            elif self._skipping:
                at = self._skip(text, at)
            else:
                at = self._collect(text, places, at)

    def take(self) -> list[Finding]:
        """What was found since the last call."""
        found, self.found = self.found, []
        return found

    def close(self) -> None:
        """Gives back what it holds."""
        for reading in self._reading:
            reading.close()

    def _safe(self, end: int) -> int:
        if self._reading:
            safe = min(reading.safe(end) for reading in self._reading)
        else:
            safe = self._places[0][0] if self._places else end
        if not self._places or self._places[-1][1] == end == self._places[0][0] + len(self._places):
            self._places = None
        self._busy = bool(self._reading) or self._skipping or self._places is not None
        self._end = end
        return safe

    def _collect(self, text: str, places: list[Place], at: int) -> int:
        """Looks for a run that is long enough, and begins to read it."""
        if not self._tail:
            found = _LONG.search(text, at)
            if found is None:
                start = at + len(text[at:].rstrip(ALPHABET))
                self._tail, self._places = text[start:], places[start:]
                return len(text)
            at = found.start()
        run = _RUN.match(text, at, at + LEAST_CHARS - len(self._tail))
        stop = at if run is None else run.end()
        self._tail, self._places = self._tail + text[at:stop], (self._places or []) + places[at:stop]
        if len(self._tail) == LEAST_CHARS:
            self._begin()
            return stop
        if stop < len(text):
            self._tail, self._places = "", []
            return stop + 1
        return stop

    def _begin(self) -> None:
        """The run is long enough: reads it in each encoding, and goes on with those in which it says something."""
        run, places = self._tail, self._places or []
        self._tail, self._places = "", []
        self._line = len(run)
        for encoding in ENCODINGS:
            skip = 2 if encoding.name == "hex" and run[:2] in ("0x", "0X") else 0
            if encoding.accepted(run[skip:]) == len(run) - skip:
                reading = Decoded(encoding, self._open)
                reading.feed(run[skip:], places[skip:])
                self._keep(reading)
        if self._reading:
            return
        sign = _SIGN.search(run)
        if sign is None:
            self._skipping = True
        else:
            self._tail, self._places = run[sign.end() :], places[sign.end() :]

    def _keep(self, reading: Decoded) -> None:
        self.found += reading.found
        reading.found = []
        if reading.alive:
            self._reading.append(reading)

    def _read(self, text: str, places: list[Place], at: int) -> int:
        """Goes on reading the stretches that have begun."""
        run = _RUN.match(text, at)
        stop = at if run is None else run.end()
        if stop > at:
            return self._feed(text[at:stop], places[at:stop]) + at
        if text[at] in _LINE_END and self._goes_on():
            self._broken = True
            return at + 1
        self._finish()
        return at + 1

    def _feed(self, letters: str, places: list[Place]) -> int:
        """Returns how many letters belong to what has begun; if it has ended, the rest is a run that says nothing."""
        self._line = len(letters) if self._broken else self._line + len(letters)
        self._broken = False
        readings, self._reading = self._reading, []
        used = max([reading.feed(letters, places) for reading in readings])
        for reading in readings:
            self._keep(reading)
        self._skipping = not self._reading
        return used

    def _goes_on(self) -> bool:
        """Whether a stretch may go on in the next line."""
        return self._line >= LEAST_LINE and all(reading.aligned for reading in self._reading)

    def _finish(self) -> None:
        """The run is over."""
        readings, self._reading = self._reading, []
        for reading in readings:
            reading.finish()
            self._keep(reading)
        self._tail, self._places = "", []
        self._skipping = self._broken = False

    def _skip(self, text: str, at: int) -> int:
        """Passes by a run that says nothing, up to a sign in it or behind it."""
        dull = _DULL.match(text, at)
        stop = at if dull is None else dull.end()
        if stop < len(text):
            self._skipping = False
            return stop + 1
        return stop
