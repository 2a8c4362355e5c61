"""Exchanges to write into a ledger, and the rows that come of them."""

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

from guard.core.entry import Closing, Opening, Status
from guard.core.usage import Usage, UsageSource
from guard.metering.ledger.ledger import SqlLedger
from guard.metering.ledger.options import LedgerOptions


def opening(exchange: str, model: str = "m") -> Opening:
    return Opening(
        exchange=exchange,
        tenant="acme",
        key="app1",
        tier="mid",
        dialect="openai.chat",
        model=model,
        backend="local",
        stream=True,
        started_ms=1_700_000_000_000,
    )


def closing(exchange: str, usage: Usage | None = None, status: Status = Status.COMPLETED) -> Closing:
    return Closing(
        exchange=exchange,
        status=status,
        reason="",
        usage=usage or Usage(prompt=11, cached=3, completion=7, reasoning=2),
        source=UsageSource.PROVIDER,
        withheld=1,
        first_ms=12.5,
        total_ms=80.25,
        findings=("EMAIL_ADDRESS", "URL"),
        decision="redact",
        generation="g1",
    )


def ledger(database: Path | None, **options: Any) -> SqlLedger:
    """A ledger that flushes only when it is drained or stopped, so that no test depends on the time."""
    url = "sqlite://" if database is None else f"sqlite:///{database}"
    return SqlLedger(LedgerOptions(**{"url": url, "flush_ms": 60_000, "busy_ms": 0, "slots": 64, **options}))


def rows(database: Path, columns: str = "*") -> list[tuple[object, ...]]:
    """What another process would read now."""
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as db:
        return list(db.execute(f"SELECT {columns} FROM exchange ORDER BY exchange"))
