"""Server-sent events, split at blank lines with every byte kept (WHATWG HTML, 9.2 "Server-sent events").

It finds where an event ends and which of its bytes are data; it does not know what the data means.
"""

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from guard.dialects.mark import FORM_ALONE, Marks
from guard.errors import BackendMalformed

_BLANK_LINE: Final = re.compile(rb"(?>\r\n|\n|\r)(?>\r\n|\n|\r)")
_LONGEST_BLANK: Final = 4
_LF: Final = 0x0A
_CR: Final = 0x0D
BOM: Final = b"\xef\xbb\xbf"
_KEEP_ALIVE: Final = re.compile(
    rb":[A-Za-z ,_-]{0,40}(?:\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d[.\d]{0,7}(?:Z|[+-]\d\d:?\d\d)?)?"
)
_OTHER_FIELD: Final = re.compile(rb"(event|id|retry)(?:: ?([\x21-\x7e]{0,128}))?")


class Splitter:
    """Cuts a byte stream into events. Memory is bounded by `event_bytes` and what one `feed` brings."""

    __slots__ = ("_buffer", "_has_cr", "_limit", "_searched")

    def __init__(self, event_bytes: int) -> None:
        self._buffer = bytearray()
        self._searched = 0
        self._has_cr = False
        self._limit = event_bytes

    def feed(self, data: bytes) -> Sequence[bytes]:
        """The events that `data` completes, their blank lines included. Raises BackendMalformed past the limit."""
        size = data.find(b"\n") + 2
        if size == len(data) <= self._limit and data[-1] == _LF and not self._buffer and b"\r" not in data:
            return (data,)  # Nearly every event comes alone, whole and on one line.
        self._buffer += data
        self._has_cr = self._has_cr or b"\r" in data
        return self._events()

    def end(self) -> Sequence[bytes]:
        """What is left when the stream ends, as an event: it gets the blank line that never came."""
        rest = bytes(self._buffer)
        self._buffer.clear()
        if not rest:
            return ()
        *_, last = rest.splitlines(keepends=True)
        if not last.strip(b"\r\n"):
            return (rest,)
        return (rest + (rest[-1:] if rest[-1] in (_CR, _LF) else b"\n\n"),)

    def _events(self) -> Sequence[bytes]:
        buffer, events, at = self._buffer, [], 0
        while (end := self._end_of_event(at)) >= 0:
            events.append(bytes(buffer[at:end]))
            at = self._searched = end
        if at:
            del buffer[:at]
        self._searched = len(buffer)
        if len(buffer) > self._limit or any(len(event) > self._limit for event in events):
            raise BackendMalformed("the backend sent an event larger than limits.event_bytes")
        return events

    def _end_of_event(self, at: int) -> int:
        """The position behind the first blank line from `at` on, -1 if there is none yet. Looks at no byte twice."""
        begin = max(at, self._searched - _LONGEST_BLANK + 1)
        if not self._has_cr:
            found = self._buffer.find(b"\n\n", begin)
            return found + 2 if found >= 0 else -1
        blank = _BLANK_LINE.search(self._buffer, begin)
        if blank is None:
            return -1
        end = blank.end()
        # A lone CR at the end of what is there may be half of CRLF: wait for what follows.
        return -1 if end == len(self._buffer) and self._buffer[-1] == _CR else end


class EventData(msgspec.Struct, frozen=True):
    """Where an event's data stands: `raw[start:end]`.

    `patches` blank out lines that say more than they have to, comments above all: no client reads a comment, so none is
    inspected.
    """

    raw: bytes
    start: int
    end: int
    patches: tuple[tuple[int, int, bytes], ...] = ()

    def __repr__(self) -> str:
        return f"EventData(<{len(self.raw)} bytes>)"


def read_event(raw: bytes, marks: Marks = FORM_ALONE, *, first: bool = False) -> EventData:
    """Finds an event's data. Data on several lines is brought onto one. `first`: a byte order mark may stand before it.

    Raises BackendMalformed for a line that is no field and no comment, and for a name of an event that is no plain one.
    """
    spans: list[tuple[int, int]] = []
    patches: list[tuple[int, int, bytes]] = []
    at = len(BOM) if first and raw.startswith(BOM) else 0
    for line in raw[at:].splitlines(keepends=True):
        body = line.rstrip(b"\r\n")
        end = at + len(body)
        if body.startswith(b"data:") or body == b"data":
            spans.append((min(at + 5 + (body[5:6] == b" "), end), end))
        elif body and not _is_plain_line(body, marks):
            patches.append((at, end, b":"))
        at += len(line)
    if len(spans) <= 1:
        start, end = spans[0] if spans else (0, 0)
        return EventData(raw, start, end, tuple(patches))
    data = b" ".join(raw[a:b] for a, b in spans)
    return EventData(b"data: " + data + b"\n\n", 6, 6 + len(data))


def _is_plain_line(body: bytes, marks: Marks) -> bool:
    """Whether a line beside the data may pass as it came. Raises BackendMalformed for what is no line of an event."""
    if body.startswith(b":"):
        return _KEEP_ALIVE.fullmatch(body) is not None
    field = _OTHER_FIELD.fullmatch(body)
    plain = field is not None and marks.is_mark((field[2] or b"").decode())
    if not plain and not body.startswith(b"id:"):
        raise BackendMalformed("the backend sent a line that is not a plain server-sent event field")
    return plain
