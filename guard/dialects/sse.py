"""Server-sent events, split at blank lines with every byte kept (WHATWG HTML, 9.2 "Server-sent events").

It finds where an event ends and which of its bytes are data; it does not know what the data means.
"""

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from guard.errors import BackendMalformed

_BLANK_LINES: Final = (b"\n\n", b"\r\n\r\n", b"\r\r", b"\n\r\n")
_KEEP_ALIVE: Final = re.compile(
    rb":[A-Za-z .,_-]{0,64}(?:\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d[.\d]{0,7}(?:Z|[+-]\d\d:?\d\d)?)?"
)
_OTHER_FIELD: Final = re.compile(rb"(?:event|id|retry)(?:: ?[A-Za-z0-9_.-]{0,64})?")


class Splitter:
    """Cuts a byte stream into events. Memory is bounded by `event_bytes`."""

    __slots__ = ("_buffer", "_limit", "_searched")

    def __init__(self, event_bytes: int) -> None:
        self._buffer = b""
        self._searched = 0
        self._limit = event_bytes

    def feed(self, data: bytes) -> Sequence[bytes]:
        """The events that `data` completes, their blank lines included. Raises BackendMalformed past the limit."""
        if not self._buffer and data.find(b"\n\n") == len(data) - 2 <= self._limit and b"\r" not in data:
            return (data,)
        self._buffer += data
        events: list[bytes] = []
        while (end := self._end_of_event()) >= 0:
            events.append(self._buffer[:end])
            self._buffer = self._buffer[end:]
            self._searched = 0
        if len(self._buffer) > self._limit:
            raise BackendMalformed("the backend sent an event larger than limits.event_bytes")
        return self._bounded(events)

    def end(self) -> Sequence[bytes]:
        """What is left when the stream ends: an event whose blank line never came, or nothing."""
        rest, self._buffer = self._buffer, b""
        return (rest.rstrip(b"\r\n") + b"\n\n",) if rest.strip() else ()

    def _bounded(self, events: Sequence[bytes]) -> Sequence[bytes]:
        if any(len(event) > self._limit for event in events):
            raise BackendMalformed("the backend sent an event larger than limits.event_bytes")
        return events

    def _end_of_event(self) -> int:
        """The position behind the first blank line, -1 if there is none yet. Looks at no byte twice."""
        begin = max(0, self._searched - 3)
        found = [(at, len(mark)) for mark in _BLANK_LINES if (at := self._buffer.find(mark, begin)) >= 0]
        # A lone CR at the end of the buffer may be half of CRLF: wait for what follows.
        self._searched = len(self._buffer)
        if not found:
            return -1
        at, size = min(found, key=lambda hit: (hit[0], -hit[1]))
        end = at + size
        if self._buffer[end - 1 : end] == b"\r" and self._buffer[end : end + 1] in (b"", b"\n"):
            return -1 if end == len(self._buffer) else end + 1
        return end


class EventData(msgspec.Struct, frozen=True):
    """Where an event's data stands: `raw[start:end]`.

    `patches` blank out comments that say more than a keep-alive does: no client reads a comment, so none is inspected.
    """

    raw: bytes
    start: int
    end: int
    patches: tuple[tuple[int, int, bytes], ...] = ()

    def __repr__(self) -> str:
        return f"EventData(<{len(self.raw)} bytes>)"


def read_event(raw: bytes) -> EventData:
    """Finds an event's data. Data on several lines is brought onto one.

    Raises BackendMalformed for a line that is no field and no comment, and for a field beside the data whose value is
    not a plain name.
    """
    spans: list[tuple[int, int]] = []
    patches: list[tuple[int, int, bytes]] = []
    at = 3 if raw.startswith(b"\xef\xbb\xbf") else 0
    for line in raw[at:].splitlines(keepends=True):
        body = line.rstrip(b"\r\n")
        if body.startswith(b"data:") or body == b"data":
            begin = at + 5 + (body[5:6] == b" ")
            spans.append((min(begin, at + len(body)), at + len(body)))
        elif body.startswith(b":"):
            if not _KEEP_ALIVE.fullmatch(body):
                patches.append((at, at + len(body), b":"))
        elif body and not _OTHER_FIELD.fullmatch(body):
            raise BackendMalformed("the backend sent a line that is not a plain server-sent event field")
        at += len(line)
    if len(spans) <= 1:
        start, end = spans[0] if spans else (0, 0)
        return EventData(raw, start, end, tuple(patches))
    data = b" ".join(raw[a:b] for a, b in spans)
    return EventData(b"data: " + data + b"\n\n", 6, 6 + len(data))
