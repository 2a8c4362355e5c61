"""Reads OpenAI-style answers, streamed or whole, into frames, and says how they end when Guard ends them."""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from guard.core.channel import Channel
from guard.core.cut import CutNote
from guard.core.frame import Frame, Slot
from guard.core.tool_call import Amendment
from guard.core.usage import Usage
from guard.core.usage_note import UsageNote
from guard.dialects.json_path import PathNames
from guard.dialects.mark import Marks
from guard.dialects.openai_amendment import AmendedDocument
from guard.dialects.openai_document import Document
from guard.dialects.openai_error import (
    Origin,
    bill_event,
    error_body,
    error_event,
    filtered_body,
    filtered_events,
    length_event,
    refused_event,
    usage_event,
)
from guard.dialects.sse import BOM, EventData, Splitter, read_event
from guard.dialects.template import Templates
from guard.errors import BackendBroken, BackendMalformed, GuardError

DONE: Final = b"[DONE]"
PULSE: Final = b": keep-alive\n\n"
_MOST_CHANNELS: Final = 16_384
"""Texts that one answer may consist of: each is an engine's memory."""


class Limits(msgspec.Struct, frozen=True):
    """Bounds on what a client or a backend may send, in bytes and levels."""

    event_bytes: int = 1_048_576
    answer_bytes: int = 33_554_432
    json_depth: int = 64


class StreamReader:
    """Implements `ports.AnswerReader` for `text/event-stream`."""

    def __init__(
        self, model: str, object_: str, limits: Limits, marks: Marks, *, usage_hidden: bool, usage_shown: bool
    ) -> None:
        self._marks = marks
        self._splitter = Splitter(limits.event_bytes)
        self._depth = limits.json_depth
        self._templates = Templates()
        self._names = PathNames(marks)
        self._channels: set[Channel] = set()
        self._usage_hidden = usage_hidden
        self._usage_shown = usage_shown
        self._origin = Origin("", object_, 0, model)
        self._full = 0
        """Chunks that were read in full."""
        self._begun = False
        self._done = False

    def feed(self, data: bytes) -> Sequence[Frame]:
        """The frames that `data` completes. Raises BackendMalformed."""
        events = self._splitter.feed(data)
        return (self._frame(events[0]),) if len(events) == 1 else [self._frame(raw) for raw in events]

    def end(self) -> Sequence[Frame]:
        """The last frames. Raises BackendBroken when the end mark never came."""
        frames = [self._frame(raw) for raw in self._splitter.end()]
        if not self._done:
            raise BackendBroken("the backend closed the connection before its answer was complete; try again")
        return frames

    def halted(
        self, choices: Sequence[int], exchange: str, types: Sequence[str], usage: Usage, last: bytes = b""
    ) -> bytes:
        """The end of a stream that the policy blocks."""
        shown = usage if self._usage_shown else None
        return filtered_events(_named(self._origin, exchange), choices, exchange, types, shown, last)

    def bill(self, note: UsageNote) -> bytes:
        """The event that tells what the stream came to."""
        return bill_event(_named(self._origin, note.exchange), note)

    def cut(self, choices: Sequence[int], note: CutNote, usage: Usage) -> Sequence[Frame]:
        """The end of a stream at its limit: each open choice finishes, then the usage, if it is shown, and the mark."""
        self._done = True
        origin, shown = _named(self._origin, note.exchange), usage if self._usage_shown else None
        ends = [Frame(length_event(origin, index, note), finishes=(index,)) for index in choices]
        counts = [] if shown is None else [Frame(usage_event(origin, shown))]
        return [*ends, *counts, Frame(b"data: [DONE]\n\n", last=True)]

    def failed(self, error: GuardError, exchange: str) -> bytes:
        """The end of a stream that fails."""
        return error_event(error, exchange)

    def amend(self, raw: bytes, amendments: Sequence[Amendment], exchange: str) -> bytes:
        """An event with its tool calls amended; before it, the refusals that it has no place for."""
        event = read_event(raw, self._marks, first=raw.startswith(BOM))
        if not event.raw[event.start : event.end].lstrip().startswith(b"{"):
            return b"".join([self._refused(each, exchange) for each in amendments if each.said]) + raw
        document = AmendedDocument(event.raw, event.start, event.end, self._depth, exchange)
        untold = [each for each in amendments if document.amend(each, streamed=True)]
        before = b"".join([self._refused(each, exchange) for each in untold])
        return before if document.says_nothing else before + document.written()

    def pulse(self) -> bytes:
        """A comment, which every client of server-sent events skips: the connection lives."""
        return PULSE

    def _refused(self, amendment: Amendment, exchange: str) -> bytes:
        return refused_event(_named(self._origin, exchange), amendment, exchange)

    def _frame(self, raw: bytes) -> Frame:
        if not self._done:
            known = self._templates.read(raw)
            if known is not None:
                return known
        event = read_event(raw, self._marks, first=not self._begun)
        self._begun = True
        if event.start == event.end:
            return Frame(event.raw, patches=event.patches)
        if self._done:
            raise BackendMalformed("the backend sent more after the end of its answer")
        if event.raw[event.start : event.end].strip() == DONE:
            self._done = True
            return Frame(event.raw, patches=event.patches, last=True)
        return self._document(event)

    def _document(self, event: EventData) -> Frame:
        document = Document(event.raw, event.start, event.end, self._depth, self._marks, self._names)
        frame = document.frame()
        _bound(self._channels, frame.slots)
        self._full += 1
        frame = _standing_alone(frame, self._full)
        if not self._origin.id:
            self._origin = document.origin(self._origin)
        if self._usage_hidden and frame.usage is not None and not (frame.failure or document.has_choices):
            return Frame(b"", usage=frame.usage)
        if event.patches:
            return msgspec.structs.replace(frame, patches=event.patches)
        if not frame.raw.startswith(BOM):
            self._templates.learn(frame, document.padding)
        return frame


class WholeReader:
    """Implements `ports.AnswerReader` for one JSON body."""

    def __init__(self, model: str, object_: str, limits: Limits, marks: Marks) -> None:
        self._marks = marks
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
        names = PathNames(self._marks)
        document = Document(raw, 0, len(raw), self._limits.json_depth, self._marks, names, whole=True)
        frame = document.frame()
        _bound(set(), frame.slots)
        self._origin = document.origin(self._origin)
        return (frame,)

    def halted(
        self, choices: Sequence[int], exchange: str, types: Sequence[str], usage: Usage, last: bytes = b""
    ) -> bytes:
        """What the client gets in place of an answer that the policy blocks; `last` has no place in it."""
        return filtered_body(_named(self._origin, exchange), choices, exchange, types, usage)

    def bill(self, note: UsageNote) -> bytes:
        """Nothing: a whole answer has a header for its cost, and its counts in its own form."""
        return b""

    def cut(self, choices: Sequence[int], note: CutNote, usage: Usage) -> Sequence[Frame]:
        """Nothing: a whole answer has been written, so it is handed on as it is."""
        return ()

    def amend(self, raw: bytes, amendments: Sequence[Amendment], exchange: str) -> bytes:
        """The body with its tool calls amended."""
        document = AmendedDocument(raw, 0, len(raw), self._limits.json_depth, exchange)
        for amendment in amendments:
            document.amend(amendment, streamed=False)
        return document.written()

    def pulse(self) -> bytes:
        """Nothing: a body of known length has no room for it."""
        return b""

    def failed(self, error: GuardError, exchange: str) -> bytes:
        """The body of an error answer."""
        return error_body(error, exchange)


def _named(origin: Origin, exchange: str) -> Origin:
    """The origin, with an id of ours if the backend's has not the form of one."""
    return origin if origin.id else msgspec.structs.replace(origin, id=f"chatcmpl-{exchange}")


def _bound(channels: set[Channel], slots: Iterable[Slot]) -> None:
    """Notes a frame's channels. Raises BackendMalformed when there are too many."""
    channels.update([slot.channel for slot in slots])
    if len(channels) > _MOST_CHANNELS:
        raise BackendMalformed(f"the backend's answer consists of more than {_MOST_CHANNELS:,} texts")


def _standing_alone(frame: Frame, number: int) -> Frame:
    """Texts outside the choices are complete in their chunk: no client joins them with those of other chunks.

    Each becomes a channel of its own that ends with the frame, so that nothing waits for its continuation.
    """
    if all(slot.channel.choice >= 0 for slot in frame.slots):
        return frame
    slots = tuple(
        slot
        if slot.channel.choice >= 0
        else Slot(Channel(-1, slot.channel.field, number), slot.text, slot.start, slot.end)
        for slot in frame.slots
    )
    alone = tuple(slot.channel for slot in slots if slot.channel.choice < 0)
    return msgspec.structs.replace(frame, slots=slots, closes=(*frame.closes, *alone), splittable=False)
