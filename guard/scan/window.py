"""The text in doubt of one channel, in normal form, and where each of its characters was received.

Most text is received as its normal form; positions then map one to one and no map is kept.
"""

from collections.abc import Callable

from guard.scan.automaton import SENTINEL
from guard.scan.fold import Folded
from guard.scan.received import Received


class Window:
    """The normal-form text in doubt, behind one character of context, and where its characters were received.

    Position 0 is the context.
    """

    __slots__ = ("_base", "_end", "_ends", "_quotes", "_starts", "text")

    def __init__(self) -> None:
        self.text = SENTINEL
        self._base = -1
        """The received position of `text[0]`, while positions map one to one."""
        self._end = 0
        """The received position behind the last character that has its normal form."""
        self._starts: list[int] | None = None
        self._ends: list[int] = []
        self._quotes: list[str] | None = None

    @property
    def straight(self) -> bool:
        """Whether positions map one to one."""
        return self._starts is None

    def append(self, plain: str) -> None:
        """Takes more text that maps one to one; the window is straight."""
        self.text += plain
        self._end += len(plain)

    def advance(self, plain: str, viable: Callable[[str], int]) -> int:
        """Takes such text, and forgets what can't be part of a match any more; tells how far that was received."""
        self.text = text = self.text + plain
        self._end += len(plain)
        position = viable(text)
        if position > 1:
            self.text = text[position - 1 :]
            self._base += position - 1
        return self._base + 1

    def extend(self, folded: Folded, settled: int) -> None:
        """Takes more text; `settled` is how far the received text has its normal form."""
        if folded.starts is None and self._starts is None:
            self.text += folded.text
            self._end = settled
            return
        starts, ends = self._map()
        size = len(folded.text)
        starts += folded.starts if folded.starts is not None else range(self._end, self._end + size)
        ends += folded.ends if folded.ends is not None else range(self._end + 1, self._end + size + 1)
        if folded.quotes is not None:
            self._quotes = (self._quotes or [""] * len(self.text)) + folded.quotes
        elif self._quotes is not None:
            self._quotes = self._quotes + [""] * size
        self.text += folded.text
        self._end = settled

    def received_at(self, position: int) -> int:
        """The received position where the text at `position` begins; for the end, the end of what has a normal form."""
        if position >= len(self.text):
            return self._end
        return self.received_start(position)

    def received_start(self, position: int) -> int:
        """The received position of a character's first code point."""
        return self._base + position if self._starts is None else self._starts[position]

    def received_end(self, position: int) -> int:
        """The received position behind the character before `position`."""
        return self._base + position if self._starts is None else self._ends[position - 1]

    def quote_at(self, position: int) -> str:
        """How a quote is written where the character stands, outside a JSON string in JSON; else empty."""
        return "" if self._quotes is None else self._quotes[position]

    def letters(self, received: Received) -> str:
        """The text with the letters that it has only stand-ins for, where one was received as one; as long as it is."""
        if self.text.isascii():
            return self.text
        return "".join(
            char if char < "\x80" else received.char(self.received_start(at)) or char
            for at, char in enumerate(self.text)
        )

    def forget(self, position: int) -> None:
        """Drops the text before `position`, but for one character of context."""
        cut = min(position, len(self.text)) - 1
        if cut <= 0:
            return
        self.text = self.text[cut:]
        if self._starts is None:
            self._base += cut
            return
        if len(self.text) == 1:
            self._base, self._starts, self._quotes = self._end - 1, None, None
            self._ends = []
            return
        self._starts = self._starts[cut:]
        self._ends = self._ends[cut:]
        if self._quotes is not None:
            self._quotes = self._quotes[cut:]
        else:
            self._straighten(self._starts)

    def _straighten(self, starts: list[int]) -> None:
        """Gives up the map, if all that is left maps one to one again. The context's own place is never asked for."""
        first, size = starts[1], len(starts) - 1
        if first + size == self._end and self._ends[1:] == list(range(first + 1, self._end + 1)):
            self._base, self._starts, self._ends = first - 1, None, []

    def keep_tail(self, size: int) -> None:
        """Inside a region: everything is covered; keeps the last characters to find the region's end in."""
        self.forget(max(1, len(self.text) - size))

    def _map(self) -> tuple[list[int], list[int]]:
        """Begins to keep the map, if it is not kept yet."""
        if self._starts is None:
            size = len(self.text)
            self._starts = list(range(self._base, self._base + size))
            self._ends = list(range(self._base + 1, self._base + size + 1))
        return self._starts, self._ends
