"""What waits in the holds: a frame with its texts, which leaves when all of its channels let it go."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from guard.core.frame import Frame

if TYPE_CHECKING:
    from guard.core.hold import ChannelHold


class HeldText:
    """A slot's text on its way: it covers `[start, end)` of its channel. `start` moves on when a part has left."""

    __slots__ = ("end", "hold", "start", "text")

    def __init__(self, hold: "ChannelHold", start: int, text: str) -> None:
        self.hold = hold
        self.start = start
        self.text = text
        self.end = start + len(text)

    def take(self, upto: int) -> str:
        """The edited text before `upto`; what remains covers the rest."""
        cut = upto - self.start
        text = self.hold.leave(self.text[:cut], self.start)
        self.text = self.text[cut:]
        self.start = upto
        return text


class HeldFrame:
    """A frame in the hold: its texts in the order of its slots, and the channels whose end it must not overtake."""

    __slots__ = ("_seen", "barriers", "frame", "lone", "parts", "touched")

    def __init__(self, frame: Frame, alone: HeldText | None = None) -> None:
        """`alone`: its one text, where it is nothing but that."""
        self.frame = frame
        self.lone = alone is not None
        """Whether it is one whole text that waits for nothing but its own channel, as nearly every frame is."""
        self.parts: list[HeldText] = [] if alone is None else [alone]
        self.barriers: list[ChannelHold] = []
        self.touched = False
        """Whether a part of it has left already."""
        self._seen = 0
        """How many of its parts have been seen safe: a frame of many texts is asked once for each."""

    @property
    def start(self) -> int:
        """Where its first text begins in its channel; 0 without a text."""
        return self.parts[0].start if self.parts else 0

    @property
    def ready(self) -> bool:
        """Whether all of it is safe and nothing of its channels waits before it."""
        parts = self.parts
        if len(parts) == 1 and not self.barriers:  # nearly every frame
            hold = parts[0].hold
            return parts[0].end <= hold.safe and hold.queue[0] is self
        while self._seen < len(parts):
            if parts[self._seen].end > parts[self._seen].hold.safe:
                return False
            self._seen += 1
        # A wall may have moved a safe point back since, so all are looked at once more.
        for part in parts:
            if part.end > part.hold.safe or part.hold.queue[0] is not self:
                self._seen = 0
                return False
        for hold in self.barriers:  # noqa: SIM110 - once per chunk
            if hold.safe < hold.received or hold.queue[0] is not self:
                return False
        return True

    def leave(self) -> tuple[str, ...] | None:
        """Takes it out of its channels: its texts after the edits, None if they are as they came."""
        if len(self.parts) == 1 and not self.barriers:
            return self._leave_alone(self.parts[0])
        changed = self.touched
        texts = []
        for part, slot in zip(self.parts, self.frame.slots, strict=True):
            text = part.hold.leave(part.text, part.start)
            changed = changed or text != slot.text
            texts.append(text)
        for hold in self.holds():
            hold.dequeue(self)
        return tuple(texts) if changed else None

    def _leave_alone(self, part: HeldText) -> tuple[str] | None:
        """`leave` for one text in one channel, as nearly every frame is."""
        hold = part.hold
        text = hold.leave(part.text, part.start)
        hold.dequeue(self)
        return (text,) if self.touched or text != self.frame.slots[0].text else None

    def holds(self) -> Iterable["ChannelHold"]:
        """The channels that it waits in, each once."""
        if len(self.parts) == 1 and not self.barriers:
            return (self.parts[0].hold,)
        return dict.fromkeys([part.hold for part in self.parts] + self.barriers)
