"""The short way to read a chunk: against the bytes of one that was read in full.

The chunks of a stream differ in one string and in nothing else. A chunk with the same bytes before and behind one valid
string literal has, byte for byte, the structure of the chunk that was read in full, so nothing else in it needs a look.
"""

from typing import Final

import msgspec

from guard.core.channel import Channel
from guard.core.frame import Frame, Slot
from guard.dialects.json_text import JsonError, decode_string

_TEMPLATES: Final = 4


class Template(msgspec.Struct, frozen=True):
    """The bytes around the one text of a chunk that has been read in full."""

    head: bytes
    tail: bytes
    channel: Channel
    splittable: bool


class Templates:
    """The last few templates of a stream, the one used last in front."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: list[Template] = []

    def read(self, raw: bytes) -> Frame | None:
        """The frame of a chunk that fits a template; None if none fits."""
        for index, known in enumerate(self._known):
            if raw.startswith(known.head) and raw.endswith(known.tail):
                start, end = len(known.head), len(raw) - len(known.tail)
                try:
                    text = decode_string(raw[start:end])
                except JsonError:
                    continue
                if index:
                    self._known.insert(0, self._known.pop(index))
                slots = (Slot(known.channel, text, start, end),) if text else ()
                return Frame(raw, slots, splittable=known.splittable)
        return None

    def learn(self, frame: Frame) -> None:
        """Remembers a chunk that was read in full, if its one text is all that is special about it."""
        if len(frame.slots) == 1 and not (
            frame.shadows or frame.closes or frame.finishes or frame.usage or frame.failure or frame.patches
        ):
            slot = frame.slots[0]
            if frame.raw[slot.start : slot.start + 1] == b'"':
                known = Template(frame.raw[: slot.start], frame.raw[slot.end :], slot.channel, frame.splittable)
                self._known = [known, *self._known[: _TEMPLATES - 1]]
