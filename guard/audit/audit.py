"""The decision log and the record as one part: started, stopped and asked together. Either may be absent."""

from guard.audit.fan import DecisionFan, LedgerFan
from guard.audit.keeper import RecordKeeper
from guard.audit.log import DecisionLog
from guard.core.audit_figures import WriterFigures
from guard.ports import DecisionSink, ExchangeSink, Ledger


class Audit:
    """What becomes of decisions."""

    def __init__(self, log: DecisionLog | None, keeper: RecordKeeper | None) -> None:
        """Starts nothing yet."""
        self._parts = [part for part in (keeper, log) if part is not None]
        self._log = log
        self._keeper = keeper

    @property
    def decisions(self) -> DecisionSink | None:
        """Who wants to hear of decisions; None if nobody does."""
        return DecisionFan(self._parts) if self._parts else None

    @property
    def exchanges(self) -> ExchangeSink | None:
        """Who wants to hear what was seen in exchanges; None if nobody does."""
        return self._keeper

    def ledger(self, ledger: Ledger) -> Ledger:
        """The ledger, with the record as a listener if there is one."""
        return ledger if self._keeper is None else LedgerFan(ledger, self._keeper)

    def start(self) -> None:
        """Opens the record and starts the threads. Blocks for a moment. Raises AuditError."""
        for part in self._parts:
            part.start()

    def stop(self) -> None:
        """Writes what waits. Blocks for some seconds at most."""
        for part in self._parts:
            part.stop()

    def figures(self) -> tuple[WriterFigures, ...]:
        """What an operator should know of each place that is written to."""
        log = () if self._log is None else self._log.figures()
        return log if self._keeper is None else (*log, self._keeper.figures())
