"""A ledger of exchanges to report on, written as Guard writes them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from guard.core.entry import Closing, Opening, Status
from guard.core.usage import Usage, UsageSource
from guard.metering.ledger.ledger import SqlLedger
from guard.metering.ledger.options import LedgerOptions
from guard.metering.ledger.reader import LedgerReader
from guard.metering.report.book import Bounds, UsageBook
from guard.metering.report.dimension import parse_dimensions, parse_filters
from guard.metering.report.figures import UsageReport
from guard.metering.report.statement import Question

NOON_MS = 1_796_040_000_000
"""2026-11-30, 12:00 UTC."""
HOUR_MS = 3_600_000


def write(url: str, journal: Path, exchanges: Sequence[dict[str, Any]], password: str = "") -> None:
    """Enters exchanges: members of openings and closings by their names, `state="open"` for one that is not over."""
    ledger = SqlLedger(LedgerOptions(url, password=password, journal=journal, slots=64, flush_ms=60_000))
    ledger.start()
    for number, given in enumerate(exchanges):
        _enter(ledger, f"01X{number:04}", dict(given))
    assert ledger.drain()
    if all(given.get("state") != "open" for given in exchanges):
        # A stop would give open ones an end.
        ledger.stop()


def _enter(ledger: SqlLedger, exchange: str, given: dict[str, Any]) -> None:
    named = {"tenant": "acme", "key": "app1", "tier": "mid", "model": "m", "backend": "b", "dialect": "openai.chat"}
    asked = {name: given.pop(name, value) for name, value in named.items()}
    asked["idempotency"] = given.pop("idempotency", "")
    ledger.open(Opening(exchange=exchange, stream=True, started_ms=given.pop("at_ms", NOON_MS), **asked))
    if given.pop("state", "") == "open":
        return
    ended = {
        "status": Status.COMPLETED,
        "reason": "",
        "usage": Usage(prompt=100, completion=10),
        "source": UsageSource.PROVIDER,
        "withheld": 0,
        "first_ms": 10.0,
        "total_ms": 100.0,
        "cost_nanousd": 1_000,
        "price_version": "v1",
    }
    ledger.close(Closing(exchange=exchange, **{**ended, **given}))


@contextmanager
def opened(url: str, password: str = "", **bounds: Any) -> Iterator[UsageBook]:
    """A book of reports over a ledger."""
    reader = LedgerReader(url, password)
    try:
        yield UsageBook(reader, Bounds(**bounds))
    finally:
        reader.close()


def question(by: str = "", *where: str, since_ms: int = 0, until_ms: int = NOON_MS + HOUR_MS) -> Question:
    return Question(since_ms, until_ms, parse_dimensions(by), parse_filters(where))


def lines(report: UsageReport, *names: str) -> dict[tuple[str | None, ...], Any]:
    """Members of each line by its key; the only one's value as it is."""
    told = {tuple(line.key.values()): tuple(getattr(line, name) for name in names) for line in report.lines}
    return {key: values[0] if len(values) == 1 else values for key, values in told.items()}
