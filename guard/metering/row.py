"""Rows of the table `exchange`: how openings and closings become SQL parameters that SQLite never refuses. Pure.

Names and models come from strangers, counts from backends: text is cut and made encodable, counts are kept in range,
so that one odd exchange can't hold up every other.
"""

from typing import Final

import msgspec

from guard.core.entry import Closing, Opening, Status

TEXT_CHARS: Final = 256
_MOST: Final = (1 << 63) - 1

SCHEMA: Final = """
CREATE TABLE run (
    run        TEXT PRIMARY KEY,
    pid        INTEGER NOT NULL,
    started_ms INTEGER NOT NULL,
    ended_ms   INTEGER
) WITHOUT ROWID, STRICT;
CREATE TABLE exchange (
    exchange          TEXT PRIMARY KEY,
    run               TEXT NOT NULL,
    tenant            TEXT NOT NULL DEFAULT '',
    key               TEXT NOT NULL DEFAULT '',
    tier              TEXT NOT NULL DEFAULT '',
    dialect           TEXT NOT NULL DEFAULT '',
    model             TEXT NOT NULL DEFAULT '',
    backend           TEXT NOT NULL DEFAULT '',
    stream            INTEGER NOT NULL DEFAULT 0,
    started_ms        INTEGER,
    status            TEXT NOT NULL,
    reason            TEXT NOT NULL DEFAULT '',
    prompt_tokens     INTEGER,
    cached_tokens     INTEGER,
    reasoning_tokens  INTEGER,
    completion_tokens INTEGER,
    withheld_tokens   INTEGER,
    usage_source      TEXT,
    first_ms          REAL,
    total_ms          REAL,
    findings          TEXT NOT NULL DEFAULT '[]',
    decision          TEXT NOT NULL DEFAULT '',
    generation        TEXT NOT NULL DEFAULT '',
    cost_nanousd      INTEGER,
    price_version     TEXT NOT NULL DEFAULT '',
    labels            TEXT NOT NULL DEFAULT '{}'
) WITHOUT ROWID, STRICT;
CREATE INDEX exchange_open ON exchange (run) WHERE status = 'open';
"""

TO_SECOND: Final = """
ALTER TABLE exchange ADD COLUMN cost_nanousd INTEGER;
ALTER TABLE exchange ADD COLUMN price_version TEXT NOT NULL DEFAULT '';
ALTER TABLE exchange ADD COLUMN labels TEXT NOT NULL DEFAULT '{}'
"""
"""From the first version of the schema to the second."""

OPEN: Final = """
INSERT INTO exchange
    (exchange, run, tenant, key, tier, dialect, model, backend, stream, started_ms, status)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open')
ON CONFLICT (exchange) DO NOTHING
"""

# A closing without its opening still makes a row: its tokens were spent. The first closing wins, except over the
# verdict that its process had died, which the closing itself disproves.
CLOSE: Final = """
INSERT INTO exchange
    (exchange, run, status, reason, prompt_tokens, cached_tokens, reasoning_tokens, completion_tokens, withheld_tokens,
     usage_source, first_ms, total_ms, findings, decision, generation, model, backend,
     cost_nanousd, price_version, labels)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (exchange) DO UPDATE SET
    status = excluded.status, reason = excluded.reason, prompt_tokens = excluded.prompt_tokens,
    cached_tokens = excluded.cached_tokens, reasoning_tokens = excluded.reasoning_tokens,
    completion_tokens = excluded.completion_tokens, withheld_tokens = excluded.withheld_tokens,
    usage_source = excluded.usage_source, first_ms = excluded.first_ms, total_ms = excluded.total_ms,
    findings = excluded.findings, decision = excluded.decision, generation = excluded.generation,
    cost_nanousd = excluded.cost_nanousd, price_version = excluded.price_version, labels = excluded.labels,
    model = iif(excluded.model = '', exchange.model, excluded.model),
    backend = iif(excluded.backend = '', exchange.backend, excluded.backend)
WHERE exchange.status = 'open' OR exchange.reason = 'process_died'
"""

Value = str | int | float | None


def opening_row(run: str, opening: Opening) -> tuple[Value, ...]:
    """Parameters of `OPEN`."""
    names = (opening.tenant, opening.key, opening.tier, opening.dialect, opening.model, opening.backend)
    return (opening.exchange, run, *map(_text, names), int(opening.stream), _count(opening.started_ms))


def closing_row(run: str, closing: Closing) -> tuple[Value, ...]:
    """Parameters of `CLOSE`. An exchange that is closed is not open, whatever the closing says."""
    status = Status.FAILED if closing.status is Status.OPEN else closing.status
    usage = closing.usage
    counts = (usage.prompt, usage.cached, usage.reasoning, usage.completion, closing.withheld)
    return (
        closing.exchange,
        run,
        status.value,
        _text(closing.reason),
        *map(_count, counts),
        closing.source.value,
        closing.first_ms,
        closing.total_ms,
        msgspec.json.encode(closing.findings).decode(),
        _text(closing.decision),
        _text(closing.generation),
        _text(closing.model),
        _text(closing.backend),
        _count(closing.cost_nanousd),
        _text(closing.price_version),
        msgspec.json.encode(closing.labels).decode(),
    )


def _text(value: str) -> str:
    return value[:TEXT_CHARS].encode("utf-8", "replace").decode()


def _count(value: int | None) -> int | None:
    return None if value is None else min(max(value, 0), _MOST)
