"""Reads a ledger: what `guard ledger` shows. It writes nothing, and the database is opened so that it can't."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, func, select

from guard.core.budget import Spending
from guard.core.facts import Identity
from guard.errors import LedgerError
from guard.metering.ledger.chain import Check
from guard.metering.ledger.engine import reading_engine, told
from guard.metering.ledger.exact import halves, whole
from guard.metering.ledger.schema import VERSION, current
from guard.metering.ledger.table import ENTRY, FINAL
from guard.metering.ledger.verify import Verdict, verify
from guard.metering.location import Location, parse_location

_HOUR_MS: Final = 3_600_000

Shown = dict[str, str | int | None]
"""An entry for people: its columns, its hash in hex."""


class LedgerReader:
    """A ledger by its URL."""

    def __init__(self, url: str, password: str = "") -> None:
        """Raises LedgerError."""
        self._location: Location = parse_location(url)
        self._engine = reading_engine(self._location, password)

    def verify(self, check: Check | None) -> Verdict:
        """Checks every chain. Raises LedgerError."""
        with self.snapshot() as db:
            return verify(db, check)

    def tail(self, count: int) -> list[Shown]:
        """The entries made last, the oldest of them first."""
        with self.snapshot() as db:
            return [_shown(row) for row in db.execute(select(ENTRY).order_by(ENTRY.c.id.desc()).limit(count))][::-1]

    def show(self, exchange: str) -> list[Shown]:
        """All entries of an exchange, in the order in which they were made."""
        with self.snapshot() as db:
            return [
                _shown(row)
                for row in db.execute(select(ENTRY).where(ENTRY.c.exchange == exchange).order_by(ENTRY.c.id))
            ]

    def spendings(self, since_ms: int) -> list[Spending]:
        """What exchanges that began since then came to, by caller, labels and hour. Raises LedgerError."""
        entry = ENTRY.c
        named = entry.tenant, entry.key, entry.tier, entry.labels
        amounts = (entry.prompt_tokens, entry.completion_tokens, entry.cost_nanousd)
        summed = (half for amount in amounts for half in halves(amount))
        wanted = (
            select(*named, func.max(entry.started_ms), *summed)
            .where(entry.started_ms >= since_ms, FINAL)
            .group_by(*named, entry.started_ms - entry.started_ms % _HOUR_MS)
        )
        with self.snapshot() as db:
            return [_spending(row) for row in db.execute(wanted)]

    def close(self) -> None:
        """Closes the database."""
        self._engine.dispose()

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A transaction that reads what the ledger was at one moment. Raises LedgerError."""
        with told(self._location):
            engine = self._engine
            if self._location.server:
                engine = engine.execution_options(isolation_level="REPEATABLE READ")
            with engine.begin() as db:
                version = current(db, self._location)
                if version != VERSION:
                    raise LedgerError(
                        f"the ledger is of schema {version or 'none'}; guard serve brings it to {VERSION}"
                    )
                yield db


def _shown(row: Any) -> Shown:
    values: dict[str, Any] = dict(row._mapping)
    values["hash"] = bytes(values["hash"]).hex()
    return values


def _spending(row: Any) -> Spending:
    tenant, key, tier, labels, at_ms, *parts = row
    sums = (whole(high, low) or 0 for high, low in zip(parts[::2], parts[1::2], strict=True))
    prompt, completion, cost = sums
    return Spending(Identity(tenant, key, tier), _labels(labels), prompt + completion, cost, int(at_ms))


def _labels(text: str) -> dict[str, str]:
    return msgspec.json.decode(text, type=dict[str, str])
