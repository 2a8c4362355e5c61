"""Reads the record, while Guard writes it or later. It changes nothing, and holds a few exchanges at a time."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import msgspec

from guard.audit.database import failure, open_to_read, seal_for
from guard.audit.schema import BOUNDS, COUNT, DECISIONS, EXCHANGES, ONE
from guard.audit.seal import Seal
from guard.core.entry import Closing, Opening
from guard.core.record import ExchangeNote, RecordedDecision, RecordedExchange, TextRecord
from guard.errors import AuditError

_PAGE_ROWS: Final = 200


class RecordReader:
    """One reader, for one thread. Close it, or use it in `with`."""

    def __init__(self, path: Path, key: str | None = None) -> None:
        """`key` opens texts; without it they are empty. Raises AuditError: no record, a foreign file, a wrong key."""
        self._path = path
        self._db = open_to_read(path)
        try:
            self._seal: Seal | None = None if key is None else seal_for(self._db, path, key)
        except AuditError:
            self._db.close()
            raise

    def __enter__(self) -> "RecordReader":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file."""
        self._db.close()

    def exchange(self, exchange: str) -> RecordedExchange | None:
        """One exchange by its id; None if the record has none. Raises AuditError."""
        rows = self._rows(ONE, (exchange,))
        return self._recorded(rows[0]) if rows else None

    def read(
        self, since_ms: int = 0, until_ms: int | None = None, tenant: str | None = None
    ) -> Iterator[RecordedExchange]:
        """The exchanges that began in [since, until), in order of their start. Raises AuditError."""
        at, after = since_ms, ""
        chosen = _chosen(since_ms, until_ms, tenant)
        while rows := self._rows(EXCHANGES, {**chosen, "at": at, "after": after, "rows": _PAGE_ROWS}):
            for row in rows:
                yield self._recorded(row)
            at, after = rows[-1][0], rows[-1][1]

    def count(self, since_ms: int = 0, until_ms: int | None = None, tenant: str | None = None) -> int:
        """How many `read` gives, as of now. Raises AuditError."""
        found: int = self._rows(COUNT, _chosen(since_ms, until_ms, tenant))[0][0]
        return found

    def bounds(self) -> tuple[int, int] | None:
        """When the first and the last exchange began, Unix milliseconds; None if there is none. Raises AuditError."""
        first, last = self._rows(BOUNDS, ())[0]
        return None if first is None else (first, last)

    def _rows(self, statement: str, values: object) -> list[tuple[Any, ...]]:
        try:
            return self._db.execute(statement, values).fetchall()  # type: ignore[arg-type]  # tuple or dict
        except sqlite3.Error as error:
            raise failure(self._path, error) from None

    def _recorded(self, row: tuple[Any, ...]) -> RecordedExchange:
        _, exchange, opening, closing, note, sealed = row
        try:
            seen = ExchangeNote(exchange) if note is None else msgspec.json.decode(note, type=ExchangeNote)
            return RecordedExchange(
                opening=msgspec.json.decode(opening, type=Opening),
                closing=None if closing is None else msgspec.json.decode(closing, type=Closing),
                decisions=tuple(map(self._decision, self._rows(DECISIONS, (exchange,)))),
                findings=seen.findings,
                timings=seen.timings,
                texts=self._texts(sealed, exchange),
            )
        except msgspec.MsgspecError:
            raise AuditError(
                f"the record {self._path} has an exchange that this version of Guard can't read ({exchange}): "
                "read it with the version that wrote it"
            ) from None

    def _decision(self, row: tuple[Any, ...]) -> RecordedDecision:
        _, head, facts, result, sealed = row
        told = msgspec.json.decode(head, type=dict[str, Any])
        if sealed is not None and self._seal is not None:
            facts = self._seal.open(sealed, told["decision_id"])
        return RecordedDecision(**told, facts=facts, result=result)

    def _texts(self, sealed: bytes | None, exchange: str) -> tuple[TextRecord, ...]:
        if sealed is None or self._seal is None:
            return ()
        return msgspec.json.decode(self._seal.open(sealed, exchange), type=tuple[TextRecord, ...])


def _chosen(since_ms: int, until_ms: int | None, tenant: str | None) -> dict[str, object]:
    return {"since": since_ms, "until": until_ms, "tenant": tenant}
