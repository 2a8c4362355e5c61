"""The progress board: what each running exchange has read so far, in memory that outlives the process.

A file is mapped and cut into slots of 64-bit cells, one slot per exchange. A count is one store of eight aligned bytes,
which a kill does not tear; what the backend reports takes several, so it goes to the bank that does not count and one
store makes that the one that does. A slot is found again by a hash of its exchange's id.
"""

import hashlib
import mmap
from typing import Final

import msgspec

from guard.core.usage import Usage

CELLS: Final = 26
SLOT_BYTES: Final = CELLS * 8
_MARK, _PROMPT, _PICTURES, _FIRST_US, _PIECES, _CHARS, _BANK, _PARTS = range(8)
_BANKS: Final = (8, 17)
_BANK_CELLS: Final = 9
"""A report: the pieces and the characters that it covers, and seven counts."""
_EMPTY: Final = (0, -1, 0, -1, 0, 0, 0, 0, *(0, 0, *(-1,) * 7) * 2)
_MOST: Final = (1 << 63) - 1
_PART_BITS: Final = 31
_MOST_PART: Final = (1 << _PART_BITS) - 1
"""The characters of thoughts and of tool calls share a cell."""


def mark(exchange: str) -> int:
    """What an exchange's slot is found by: 62 bits of a hash, never 0."""
    digest = hashlib.blake2b(exchange.encode("utf-8", "replace"), digest_size=8).digest()
    return (int.from_bytes(digest, "little") >> 2) + 1


class Seen(msgspec.Struct, frozen=True):
    """What a slot says. `prompt` is Guard's estimate of the prompt's tokens, None if no backend was asked.

    `pieces` and `chars` are the answer's, of which the backend's `usage` covers `told_pieces` and `told_chars`, and
    `reasoning_chars` and `tool_chars` are thoughts and tool calls.
    """

    prompt: int | None
    pictures: int
    first_us: int | None
    pieces: int
    chars: int
    told_pieces: int
    told_chars: int
    usage: Usage | None
    reasoning_chars: int = 0
    tool_chars: int = 0


class Slot:
    """`ports.Progress` of one exchange. Once per chunk: two stores, three where there are thoughts or tool calls."""

    __slots__ = ("_at", "_cells", "_usage", "number")

    def __init__(self, cells: memoryview, number: int) -> None:
        self.number = number
        self._cells = cells
        self._at = number * CELLS
        self._usage: Usage | None = None

    def begin(self, exchange: str) -> None:
        """That exchange has the slot now."""
        for cell, value in enumerate(_EMPTY[1:], 1):
            self._cells[self._at + cell] = value
        self._cells[self._at] = mark(exchange)

    def end(self) -> None:
        """Nobody has it; what comes late goes nowhere."""
        self._cells[self._at] = 0
        self._cells, self._at = memoryview(bytearray(SLOT_BYTES)).cast("q"), 0

    def asked(self, prompt_tokens: int, pictures: int) -> None:
        """A backend gets the prompt now."""
        self._cells[self._at + _PICTURES] = pictures
        self._cells[self._at + _PROMPT] = prompt_tokens

    def first(self, first_ms: float) -> None:
        """The client gets its first byte."""
        self._cells[self._at + _FIRST_US] = int(first_ms * 1000)

    def read(self, pieces: int, chars: int, usage: Usage | None, reasoning_chars: int = 0, tool_chars: int = 0) -> None:
        """How much of the answer has been read, and what the backend has counted so far."""
        cells, at = self._cells, self._at
        cells[at + _PIECES] = pieces
        cells[at + _CHARS] = chars
        if reasoning_chars or tool_chars:
            cells[at + _PARTS] = min(reasoning_chars, _MOST_PART) << _PART_BITS | min(tool_chars, _MOST_PART)
        if usage is not None and usage is not self._usage:
            self._usage = usage
            bank = 1 - cells[at + _BANK]
            counts = (-1 if count is None else min(max(count, -1), _MOST) for count in msgspec.structs.astuple(usage))
            for cell, value in enumerate((pieces, chars, *counts), at + _BANKS[bank]):
                cells[cell] = value
            cells[at + _BANK] = bank


class NoSlot:
    """`ports.Progress` where no slot is free: such an exchange is accounted for by its opening alone."""

    def asked(self, prompt_tokens: int, pictures: int) -> None:
        """Not kept."""

    def first(self, first_ms: float) -> None:
        """Not kept."""

    def read(self, pieces: int, chars: int, usage: Usage | None, reasoning_chars: int = 0, tool_chars: int = 0) -> None:
        """Not kept."""


class Board:
    """Slots for so many exchanges as the memory has room for. Not for several threads at one time."""

    def __init__(self, memory: mmap.mmap) -> None:
        self._memory = memory
        self._view = memoryview(memory)
        self._cells = self._view[: len(memory) // SLOT_BYTES * SLOT_BYTES].cast("q")
        self._free = list(range(len(self._cells) // CELLS))[::-1]
        self._taken: dict[int, Slot] = {}

    def take(self, exchange: str) -> Slot | None:
        """A slot for an exchange; None when all are taken."""
        if not self._free:
            return None
        slot = Slot(self._cells, self._free.pop())
        slot.begin(exchange)
        self._taken[slot.number] = slot
        return slot

    def give_back(self, slot: Slot) -> None:
        """Its exchange is over."""
        if self._taken.pop(slot.number, None) is slot:
            slot.end()
            self._free.append(slot.number)

    def seen(self) -> dict[int, Seen]:
        """What every taken slot says, by its exchange's `mark`."""
        slots = (self._cells[at : at + CELLS].tolist() for at in range(0, len(self._cells), CELLS))
        return {cells[_MARK]: _seen(cells) for cells in slots if cells[_MARK] > 0}

    def close(self) -> None:
        """Unmaps it. What is said of an exchange afterwards goes nowhere."""
        for slot in list(self._taken.values()):
            self.give_back(slot)
        self._cells.release()
        self._view.release()
        self._memory.close()


def _seen(cells: list[int]) -> Seen:
    bank = _BANKS[cells[_BANK] & 1]
    told_pieces, told_chars, *told = cells[bank : bank + _BANK_CELLS]
    counts = [None if count < 0 else count for count in told]
    return Seen(
        prompt=None if cells[_PROMPT] < 0 else cells[_PROMPT],
        pictures=max(cells[_PICTURES], 0),
        first_us=None if cells[_FIRST_US] < 0 else cells[_FIRST_US],
        pieces=max(cells[_PIECES], 0),
        chars=max(cells[_CHARS], 0),
        told_pieces=max(told_pieces, 0),
        told_chars=max(told_chars, 0),
        usage=None if all(count is None for count in counts) else Usage(*counts),
        reasoning_chars=max(cells[_PARTS], 0) >> _PART_BITS,
        tool_chars=max(cells[_PARTS], 0) & _MOST_PART,
    )
