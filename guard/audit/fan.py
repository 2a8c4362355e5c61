"""Several listeners as one: decisions to the log and the record, entries to the ledger and the record."""

from collections.abc import Sequence

from guard.core.entry import Closing, Opening
from guard.core.record import DecisionRecord
from guard.ports import DecisionSink, Ledger


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

    def __init__(self, ledger: Ledger, listener: Ledger) -> None:
        self._both = ledger, listener

    def open(self, opening: Opening) -> None:
        """Tells both."""
        for ledger in self._both:
            ledger.open(opening)

    def close(self, closing: Closing) -> None:
        """Tells both."""
        for ledger in self._both:
            ledger.close(closing)
