"""Reads OpenAI-style answers, streamed or whole, into frames, and says how they end when Guard ends them."""

from collections.abc import Sequence

import msgspec

from guard.core.frame import Frame
from guard.core.usage import Usage
from guard.dialects.openai_document import Document
from guard.dialects.openai_error import Origin, error_body, error_event, filtered_body, filtered_events
from guard.dialects.sse import EventData, Splitter, read_event
from guard.dialects.template import Templates
from guard.errors import BackendBroken, BackendMalformed, GuardError

DONE = b"[DONE]"


class Limits(msgspec.Struct, frozen=True):
    """Bounds on what a client or a backend may send, in bytes and levels."""

    event_bytes: int = 1_048_576
    answer_bytes: int = 33_554_432
    json_depth: int = 64


class StreamReader:
    """Implements `ports.AnswerReader` for `text/event-stream`."""

    def __init__(self, model: str, object_: str, limits: Limits, *, usage_hidden: bool, usage_shown: bool) -> None:
        self._splitter = Splitter(limits.event_bytes)
        self._depth = limits.json_depth
        self._templates = Templates()
        self._usage_hidden = usage_hidden
        self._usage_shown = usage_shown
        self._origin = Origin("", object_, 0, model)
        self._done = False

    def feed(self, data: bytes) -> Sequence[Frame]:
        """The frames that `data` completes. Raises BackendMalformed."""
        return [self._frame(raw) for raw in self._splitter.feed(data)]

    def end(self) -> Sequence[Frame]:
        """The last frames. Raises BackendBroken when the end mark never came."""
        frames = [self._frame(raw) for raw in self._splitter.end()]
        if not self._done:
            raise BackendBroken("the backend closed the connection before its answer was complete; try again")
        return frames

    def halted(self, choices: Sequence[int], exchange: str, types: Sequence[str], usage: Usage) -> bytes:
        """The end of a stream that the policy blocks."""
        return filtered_events(self._origin, choices, exchange, types, usage if self._usage_shown else None)

    def failed(self, error: GuardError, exchange: str) -> bytes:
        """The end of a stream that fails."""
        return error_event(error, exchange)

    def _frame(self, raw: bytes) -> Frame:
        if self._done:
            raise BackendMalformed("the backend sent more after the end of its answer")
        known = self._templates.read(raw)
        if known is not None:
            return known
        event = read_event(raw)
        if event.start == event.end:
            return Frame(event.raw, patches=event.patches)
        if event.raw[event.start : event.end].strip() == DONE:
            self._done = True
            return Frame(event.raw, patches=event.patches, last=True)
        return self._document(event)

    def _document(self, event: EventData) -> Frame:
        document = Document(event.raw, event.start, event.end, self._depth)
        frame = document.frame()
        if not self._origin.id:
            self._origin = document.origin(self._origin)
        if self._usage_hidden and frame.usage is not None and not document.has_choices:
            return Frame(b"", usage=frame.usage)
        if event.patches:
            return msgspec.structs.replace(frame, patches=event.patches)
        self._templates.learn(frame)
        return frame


class WholeReader:
    """Implements `ports.AnswerReader` for one JSON body."""

    def __init__(self, model: str, object_: str, limits: Limits) -> None:
        self._parts: list[bytes] = []
        self._size = 0
        self._limits = limits
        self._origin = Origin("", object_, 0, model)

    def feed(self, data: bytes) -> Sequence[Frame]:
        """Nothing yet: the body is read whole. Raises BackendMalformed past the limit."""
        self._size += len(data)
        if self._size > self._limits.answer_bytes:
            raise BackendMalformed("the backend's answer is larger than limits.answer_bytes")
        self._parts.append(data)
        return ()

    def end(self) -> Sequence[Frame]:
        """The body as one frame. Raises BackendMalformed."""
        raw = b"".join(self._parts)
        document = Document(raw, 0, len(raw), self._limits.json_depth)
        self._origin = document.origin(self._origin)
        return (document.frame(whole=True),)

    def halted(self, choices: Sequence[int], exchange: str, types: Sequence[str], usage: Usage) -> bytes:
        """What the client gets in place of an answer that the policy blocks."""
        return filtered_body(self._origin, choices, exchange, types, usage)

    def failed(self, error: GuardError, exchange: str) -> bytes:
        """The body of an error answer."""
        return error_body(error, exchange)
