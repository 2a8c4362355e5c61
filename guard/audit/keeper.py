"""Keeps the record: hears of openings, decisions, what was seen, and closings, and writes them from a thread."""

from pathlib import Path
from typing import Final

import msgspec

from guard.audit.store import Entry, RecordStore
from guard.audit.writer import BatchWriter
from guard.core.audit_figures import WriterFigures
from guard.core.bare_facts import bare
from guard.core.entry import Closing, Opening
from guard.core.record import DecisionRecord, ExchangeNote

_ABOUT_BYTES: Final = 2048


class RecordOptions(msgspec.Struct, frozen=True):
    """Where the record lies, how long it is kept, and the secret that seals texts; None: texts are not kept."""

    path: Path
    keep_days: int
    secret: str | None = None

    def __repr__(self) -> str:
        return f"RecordOptions(path={self.path!r}, keep_days={self.keep_days}, texts={self.secret is not None})"


class RecordKeeper:
    """`ports.DecisionSink`, `ports.ExchangeSink`, and the two calls of `ports.Ledger`: `start`, …, `stop`."""

    def __init__(self, options: RecordOptions) -> None:
        """Touches nothing yet."""
        self._options = options
        self._store: RecordStore | None = None
        self._writer: BatchWriter[Entry] | None = None

    @property
    def keeps_texts(self) -> bool:
        """Whether texts may be handed over."""
        return self._options.secret is not None

    def start(self) -> None:
        """Opens the record. Blocks for a moment. Raises AuditError: another key, a foreign file, no rights."""
        self._store = RecordStore(self._options.path, self._options.secret, self._options.keep_days)
        self._writer = BatchWriter("record", self._store.write)
        self._writer.start()

    def open(self, opening: Opening) -> None:
        """An exchange begins."""
        self._add(opening)

    def close(self, closing: Closing) -> None:
        """An exchange is over."""
        self._add(closing)

    def decided(self, record: DecisionRecord) -> None:
        """A decision was made. Those of no exchange are for the log alone."""
        if not record.exchange:
            return
        if not self.keeps_texts:
            record = msgspec.structs.replace(record, facts=bare(record.facts)[0])
        self._add(record, getattr(record.facts, "prompt_chars", 0) if self.keeps_texts else 0)

    def noted(self, note: ExchangeNote) -> None:
        """What was seen in an exchange."""
        self._add(note, sum(len(text.text) for text in note.texts))

    def stop(self) -> None:
        """Writes what waits and closes the record. Blocks."""
        if self._writer is not None and self._store is not None:
            self._writer.stop()
            self._store.close()

    def figures(self) -> WriterFigures:
        """What an operator should know."""
        return WriterFigures("record", 0, 0, 0, "not started") if self._writer is None else self._writer.figures()

    def _add(self, entry: Entry, more_bytes: int = 0) -> None:
        if self._writer is not None:
            self._writer.add(entry, _ABOUT_BYTES + more_bytes)
