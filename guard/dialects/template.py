"""The short way to read a chunk: against the bytes of one that was read in full.

The chunks of a stream differ in one string, and perhaps in the noise that pads them, and in nothing else. A chunk with
the same bytes around one valid string literal has, byte for byte, the structure of the chunk that was read in full, so
nothing else in it needs a look.
"""

from typing import Final

import msgspec

from guard.core.channel import Channel
from guard.core.frame import Frame, Slot
from guard.core.tool_call import CallPiece
from guard.dialects.json_text import JsonError, decode_string
from guard.dialects.mark import is_padding

_TEMPLATES: Final = 8
_QUOTE: Final = b'"'


class Template(msgspec.Struct, frozen=True):
    """The bytes around the one text of a chunk that has been read in full.

    `gap` stands between the text's literal and that of the padding; it is empty when there is no padding.
    """

    head: bytes
    gap: bytes
    tail: bytes
    channel: Channel
    splittable: bool
    closes: tuple[Channel, ...]
    calls: tuple[CallPiece, ...]

    def end_of_text(self, raw: bytes) -> int:
        """Where the text's literal ends in a padded chunk with this head and tail; 0 if its padding is not one."""
        end = len(raw) - len(self.tail)
        at = raw.rfind(self.gap, len(self.head), end)
        padding = raw[at + len(self.gap) : end]
        quoted = len(padding) > 1 and padding[:1] == padding[-1:] == _QUOTE and padding.isascii()
        return at if at >= 0 and quoted and is_padding(padding[1:-1].decode()) else 0


class Templates:
    """The last few templates of a stream, the one used last in front."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: list[Template] = []

    def read(self, raw: bytes) -> Frame | None:
        """The frame of a chunk that fits a template; None if none fits."""
        for index, known in enumerate(self._known):
            if raw.startswith(known.head) and raw.endswith(known.tail):
                start = len(known.head)
                end = known.end_of_text(raw) if known.gap else len(raw) - len(known.tail)
                literal = raw[start:end]
                if not literal[:1] == _QUOTE == literal[-1:]:
                    continue
                try:
                    text = decode_string(literal)
                except JsonError:
                    continue
                if index:
                    self._known.insert(0, self._known.pop(index))
                if not text:
                    return Frame(raw, calls=known.calls)
                slots = (Slot(known.channel, text, start, end),)
                return Frame(raw, slots, closes=known.closes, splittable=known.splittable, calls=known.calls)
        return None

    def learn(self, frame: Frame, padding: tuple[int, int] | None = None) -> None:
        """Remembers a chunk that was read in full, if one text is all that is special about it.

        The text has to be one of a known member: whether another string is a text depends on what it says.
        `padding`: where the literal of the chunk's padding stands.
        """
        if len(frame.slots) != 1 or frame.slots[0].channel.field[0] == "$":
            return
        if frame.shadows or frame.finishes or frame.last or frame.usage or frame.failure or frame.patches:
            return
        raw, slot = frame.raw, frame.slots[0]
        if raw[slot.start : slot.start + 1] != _QUOTE or (padding is not None and padding[0] < slot.end):
            return
        gap = raw[slot.end : padding[0]] if padding is not None else b""
        tail = raw[slot.end if padding is None else padding[1] :]
        known = Template(raw[: slot.start], gap, tail, slot.channel, frame.splittable, frame.closes, frame.calls)
        self._known = [known, *self._known[: _TEMPLATES - 1]]
