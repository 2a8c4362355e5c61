"""The decision log: every decision to every place that the configuration names, each place on its own."""

from collections.abc import Callable, Sequence
from itertools import count
from typing import Final

import msgspec

from guard.audit.event import EventWriter, LoggedDecision, logged
from guard.audit.writer import BatchWriter
from guard.core.audit_figures import WriterFigures
from guard.core.record import DecisionRecord

_ABOUT_BYTES: Final = 2048
"""What one decision takes while it waits, without texts."""


class LogPlace(msgspec.Struct, frozen=True):
    """Somewhere to log to: `write` takes events and raises AuditError; `close` is called at the end."""

    name: str
    write: Callable[[Sequence[bytes]], None]
    close: Callable[[], None] = lambda: None


class DecisionLog:
    """`ports.DecisionSink` over places to log to."""

    def __init__(self, places: Sequence[LogPlace], events: EventWriter) -> None:
        """Starts nothing yet."""
        self._places = places
        self._events = events
        self._numbers = count(1)
        self._writers = [BatchWriter(place.name, self._encoded(place)) for place in places]

    def start(self) -> None:
        """Starts a thread for each place."""
        for writer in self._writers:
            writer.start()

    def decided(self, record: DecisionRecord) -> None:
        """Takes note of a decision, without its texts. Returns at once."""
        entry = logged(record, next(self._numbers))
        for writer in self._writers:
            writer.add(entry, _ABOUT_BYTES)

    def stop(self) -> None:
        """Writes what waits and closes every place. Blocks."""
        for writer, place in zip(self._writers, self._places, strict=True):
            writer.stop()
            place.close()

    def figures(self) -> tuple[WriterFigures, ...]:
        """What an operator should know, by place."""
        return tuple(writer.figures() for writer in self._writers)

    def _encoded(self, place: LogPlace) -> Callable[[Sequence[LoggedDecision]], None]:
        return lambda batch: place.write([self._events.event(entry) for entry in batch])
