"""Reads a report out of the ledger, from one snapshot, within bounds of time and length. It writes nothing."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from guard.errors import ReportTooLarge
from guard.metering.ledger.exact import whole
from guard.metering.ledger.reader import LedgerReader
from guard.metering.report.figures import (
    Quantiles,
    UsageFigures,
    UsageLine,
    UsageReport,
    added,
    tokens_per_joule,
)
from guard.metering.report.histogram import quantiles
from guard.metering.report.statement import COUNTED, SUMMED, Question, open_count, steps, sums

_STEPS_BETWEEN_LOOKS: Final = 20_000
"""Instructions of SQLite's machine: some half a millisecond."""
Key = tuple[str | None, ...]
Histogram = dict[int, int]


class Bounds(msgspec.Struct, frozen=True):
    """How long a report may take, how many lines it may have. `leave`: whether whoever asked can't wait any more."""

    seconds: float = 600.0
    lines: int = 200_000
    leave: Callable[[], bool] = lambda: False


class UsageBook:
    """A ledger, for reports."""

    def __init__(self, ledger: LedgerReader, bounds: Bounds = Bounds()) -> None:  # noqa: B008 - it is frozen
        self._ledger = ledger
        self._bounds = bounds

    def report(self, question: Question) -> UsageReport:
        """The whole of it. Raises LedgerError, ReportTooLarge."""
        with self._ledger.snapshot() as db, _bounded(db, self._bounds):
            server = db.dialect.name == "postgresql"
            width = len(question.by)
            lines = self._read(db, sums(question, server))
            times = {name: self._times(db, question, server, name) for name in ("first_ms", "total_ms")}
            waiting = db.execute(open_count(question, server)).scalar_one()
        titles = tuple(one.title for one in question.by)
        made = [_line(titles, tuple(row[:width]), row[width:], times) for row in lines]
        made.sort(key=lambda line: tuple(value or "" for value in line.key.values()))
        return UsageReport(question.since_ms, question.until_ms, titles, tuple(made), _total(made, times), waiting)

    def _times(self, db: Connection, question: Question, server: bool, name: str) -> Mapping[Key, Histogram]:
        found: dict[Key, Histogram] = {}
        for *key, step, count in db.execute(steps(question, server, name)):
            found.setdefault(tuple(key), {})[step] = count
        return found

    def _read(self, db: Connection, statement: Any) -> Sequence[Sequence[Any]]:
        rows = db.execute(statement).fetchmany(self._bounds.lines + 1)
        if len(rows) > self._bounds.lines:
            raise ReportTooLarge(
                f"This report has more than {self._bounds.lines} lines: ask for fewer dimensions or a shorter time."
            )
        return rows


def _line(
    titles: Sequence[str], key: Key, row: Sequence[Any], times: Mapping[str, Mapping[Key, Histogram]]
) -> UsageLine:
    values = _values(row)
    tokens = (values.pop("energy_prompt") or 0) + (values.pop("energy_completion") or 0)
    ratio = tokens_per_joule(tokens, values["energy_mj"])
    named = dict(zip(titles, key, strict=True))
    spread = {name: quantiles(times[name].get(key, {})) for name in times}
    figures = {**values, **spread, "energy_tokens": tokens, "tokens_per_joule": ratio}
    return msgspec.convert({**figures, "key": named}, UsageLine)


def _values(row: Sequence[Any]) -> dict[str, int | None]:
    """Counts and sums by their names."""
    values: dict[str, int | None] = dict(zip(COUNTED, row, strict=False))
    halves = row[len(COUNTED) :]
    for name, high, low in zip(SUMMED, halves[::2], halves[1::2], strict=True):
        values[name] = whole(high, low)
    return values


def _total(lines: Sequence[UsageLine], times: Mapping[str, Mapping[Key, Histogram]]) -> UsageFigures:
    return msgspec.structs.replace(added(lines), **{name: _whole(times[name].values()) for name in times})


def _whole(histograms: Any) -> Quantiles | None:
    total: Histogram = {}
    for one in histograms:
        for step, count in one.items():
            total[step] = total.get(step, 0) + count
    return quantiles(total)


@contextmanager
def _bounded(db: Connection, bounds: Bounds) -> Iterator[None]:
    """Ends statements that take too long. Raises ReportTooLarge."""
    deadline = time.monotonic() + bounds.seconds
    over = False

    def stop() -> bool:
        nonlocal over
        over = time.monotonic() > deadline or bounds.leave()
        return over

    driver = db.connection.dbapi_connection
    if db.dialect.name == "postgresql":
        db.execute(text(f"SET LOCAL statement_timeout = {max(int(bounds.seconds * 1000), 1)}"))
    else:
        driver.set_progress_handler(stop, _STEPS_BETWEEN_LOOKS)  # type: ignore[union-attr]
    try:
        yield
    except DBAPIError as error:
        if over or getattr(error.orig, "sqlstate", "") == _CANCELLED:
            raise ReportTooLarge(
                f"This report takes more than {bounds.seconds:.0f} seconds: ask for a shorter time."
            ) from None
        raise
    finally:
        if db.dialect.name != "postgresql":
            driver.set_progress_handler(None, 0)  # type: ignore[union-attr]


_CANCELLED: Final = "57014"
"""PostgreSQL's query_canceled."""
