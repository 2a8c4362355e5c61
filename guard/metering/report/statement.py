"""The statements that a report asks the ledger, for SQLite and PostgreSQL. They read the view `exchange` alone."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Subquery,
    Text,
    case,
    cast,
    column,
    func,
    literal_column,
    select,
    table,
)

from guard.core.entry import Status
from guard.core.usage import UsageSource
from guard.metering.ledger.exact import halves
from guard.metering.ledger.row import RESERVED
from guard.metering.report.dimension import FREE, RATED, TIMES, UNPRICED, Dimension, Filter
from guard.metering.report.figures import COUNTS, SUMS
from guard.metering.report.histogram import step_sql

_EXCHANGE: Final = table(
    "exchange",
    *(column(name) for name in ("tenant", "key", "tier", "model", "backend", "dialect", "status", "reason")),
    *(column(name) for name in ("state", "price_version", "labels", "first_ms", "total_ms")),
    *(column(name) for name in ("usage_source", "split_source", "energy_method")),
    *(column(name, BigInteger) for name in ("attempt", "started_ms", *SUMS)),
)
_METERED: Final = ("prompt_tokens", "completion_tokens")
COUNTED: Final = (*COUNTS, "energy_exchanges")
SUMMED: Final = (*SUMS, "energy_prompt", "energy_completion")
"""The last two are the tokens of exchanges whose energy is known."""
_ENDED: Final = (Status.COMPLETED, Status.BLOCKED, Status.ABORTED)


class Question(msgspec.Struct, frozen=True):
    """What is asked: exchanges that began in a time (Unix ms, without its end), by dimensions, through filters."""

    since_ms: int
    until_ms: int
    by: tuple[Dimension, ...] = ()
    where: tuple[Filter, ...] = ()


def sums(question: Question, server: bool) -> Select[Any]:
    """A row for each value of the dimensions: those, `COUNTED`, and two halves of each of `SUMMED`."""
    rows = _rows(question, server)
    counts = _counts(rows)
    keys = _keys(question, rows)
    summed = (half for name in SUMS for half in halves(rows.c[name]))
    metered = (half for name in _METERED for half in halves(rows.c[name], rows.c.energy_mj.is_not(None)))
    return select(*keys, *(counts[name] for name in COUNTED), *summed, *metered).group_by(*keys)


def steps(question: Question, server: bool, time: str) -> Select[Any]:
    """How many times (`first_ms`, `total_ms`) lie in each step of the histogram, for each value of the dimensions."""
    rows = _rows(question, server, time)
    keys, step = _keys(question, rows), rows.c.step
    return select(*keys, step, func.count()).where(step.is_not(None)).group_by(*keys, step)


def open_count(question: Question, server: bool) -> Select[Any]:
    """How many exchanges had begun and were not over."""
    wanted = select(func.count()).select_from(_EXCHANGE).where(_EXCHANGE.c.state == RESERVED)
    return wanted.where(*_conditions(question, server))


def _rows(question: Question, server: bool, time: str = "") -> Subquery:
    """The exchanges in question, their dimensions as `k0`, `k1`, …: what has parameters stands in no GROUP BY."""
    keys = [_expression(one, server).label(f"k{place}") for place, one in enumerate(question.by)]
    if time:
        step = literal_column(f"CASE WHEN {time} IS NOT NULL THEN {step_sql(time)} END", BigInteger)
        measures: Sequence[ColumnElement[Any]] = (step.label("step"),)
    else:
        measures = tuple(_EXCHANGE.c)
    chosen = select(*keys, *measures).where(_EXCHANGE.c.state != RESERVED, *_conditions(question, server))
    return chosen.select_from(_EXCHANGE).subquery("chosen")


def _keys(question: Question, rows: Subquery) -> Sequence[ColumnElement[Any]]:
    return [rows.c[f"k{place}"] for place in range(len(question.by))]


def _conditions(question: Question, server: bool) -> list[ColumnElement[bool]]:
    began = _EXCHANGE.c.started_ms
    filters = [_expression(one.dimension, server) == one.value for one in question.where]
    return [began >= question.since_ms, began < question.until_ms, *filters]


def _expression(dimension: Dimension, server: bool) -> ColumnElement[Any]:
    if dimension.label:
        return _label(dimension.label, server)
    if dimension.timed:
        return func.substr(_date(server), 1, TIMES[dimension.name])
    if dimension.name == "cost_state":
        cost = _EXCHANGE.c.cost_nanousd
        unpriced, free, rated = (literal_column(f"'{state}'", Text) for state in (UNPRICED, FREE, RATED))
        return case((cost.is_(None), unpriced), (cost == 0, free), else_=rated)
    return _EXCHANGE.c[dimension.name]


def _label(name: str, server: bool) -> ColumnElement[Any]:
    if server:
        # Written out: to import PostgreSQL's types takes longer than all of this module.
        return func.jsonb_extract_path_text(literal_column("CAST(labels AS jsonb)"), name)
    return cast(func.json_extract(_EXCHANGE.c.labels, f'$."{name}"'), Text)


def _date(server: bool) -> ColumnElement[Any]:
    """When it began, as `2026-11-25T16`, UTC."""
    seconds = _EXCHANGE.c.started_ms // 1000
    if server:
        return func.to_char(func.timezone("UTC", func.to_timestamp(seconds)), 'YYYY-MM-DD"T"HH24')
    return func.strftime("%Y-%m-%dT%H", seconds, "unixepoch")


def _counts(rows: Subquery) -> dict[str, ColumnElement[Any]]:
    one = rows.c
    ended = {status.value: func.count().filter(one.status == status.value) for status in _ENDED}
    return {
        **ended,
        "exchanges": func.count(),
        "failed": func.count().filter(one.status.not_in([status.value for status in _ENDED])),
        "retries": func.count().filter(one.attempt > 1),
        "estimated": func.count().filter(one.usage_source == UsageSource.ESTIMATED.value),
        "unpriced": func.count().filter(one.cost_nanousd.is_(None)),
        "energy_exchanges": func.count().filter(one.energy_mj.is_not(None)),
    }
