"""Several listeners as one: decisions to the log and the record, entries to the ledger and the record."""

from collections.abc import Sequence

from guard.core.entry import Closing, Opening
from guard.core.record import DecisionRecord
from guard.ports import DecisionSink, EntryListener, Ledger, Progress


class DecisionFan:
    """`ports.DecisionSink` over several."""

    def __init__(self, sinks: Sequence[DecisionSink]) -> None:
        self._sinks = sinks

    def decided(self, record: DecisionRecord) -> None:
        """Tells each of them."""
        for sink in self._sinks:
            sink.decided(record)


class LedgerFan:
    """`ports.Ledger` over the ledger and whoever listens as well."""

    def __init__(self, ledger: Ledger, listener: EntryListener) -> None:
        self._ledger = ledger
        self._listener = listener

    def open(self, opening: Opening) -> Progress:
        """Tells both; what the ledger refuses is not told on."""
        progress = self._ledger.open(opening)
        self._listener.open(opening)
        return progress

    def close(self, closing: Closing) -> None:
        """Tells both."""
        self._ledger.close(closing)
        self._listener.close(closing)
