"""The answers that are on their way, for figures: how many there are, and how much text they hold back."""

from typing import Protocol


class Holding(Protocol):
    """An answer on its way."""

    @property
    def withheld_chars(self) -> int:
        """Characters that the backend wrote and the client did not get, so far."""
        ...


class Answers:
    """A set that exchanges enter and leave."""

    def __init__(self) -> None:
        self._running: set[Holding] = set()

    def __len__(self) -> int:
        return len(self._running)

    @property
    def held_chars(self) -> int:
        """What all of them hold back now, and what was withheld of them for good."""
        return sum(answer.withheld_chars for answer in self._running)

    def add(self, answer: Holding) -> None:
        """An answer begins."""
        self._running.add(answer)

    def discard(self, answer: Holding) -> None:
        """It is over, or never was here."""
        self._running.discard(answer)
