"""Shards say which columns their entries are hashed over; entries get the wait for a place and where parts of answers
come from; energy has a table of its own; and indexes by time.

Energy leaves the entries: no release wrote any there.
"""

import sqlalchemy as sa
from alembic import op

revision = "4"
down_revision = "3"

_COLUMNS = """exchange, attempt, shard AS run, state, tenant, idempotency, key, tier, dialect, model, backend, stream,
    started_ms, status, reason, prompt_tokens, cached_tokens, audio_tokens, image_tokens, completion_tokens,
    reasoning_tokens, tool_tokens, withheld_tokens, guard_tokens, usage_source, split_source,
    first_us / 1000.0 AS first_ms, total_us / 1000.0 AS total_ms, waited_us / 1000.0 AS waited_ms,
    queued_us / 1000.0 AS queued_ms, findings, decision, generation, cost_nanousd, price_version, labels,
    reserved_tokens, reserved_nanousd"""
_VIEW = """
CREATE VIEW exchange AS
SELECT entry.{columns}, energy.energy_mj AS energy_mj, energy.doubt_mj AS energy_doubt_mj,
    coalesce(energy.void, '') AS energy_void, coalesce(energy.method, '') AS energy_method,
    coalesce(energy.weights, '') AS energy_weights
FROM entry LEFT JOIN energy ON energy.exchange = entry.exchange
WHERE state <> 'reserved'
UNION ALL
SELECT {columns}, NULL, NULL, '', '', ''
FROM entry AS first
WHERE state = 'reserved' AND NOT EXISTS (
    SELECT 1 FROM entry AS final
    WHERE final.exchange = first.exchange AND final.attempt = first.attempt AND final.state <> 'reserved'
)
"""
_FORMER = """
UNION ALL
SELECT exchange, 1, run, 'former', tenant, exchange, key, tier, dialect, model, backend, stream, started_ms,
    status, reason, prompt_tokens, cached_tokens, NULL, NULL, completion_tokens,
    reasoning_tokens, NULL, withheld_tokens, NULL, usage_source, NULL, first_ms, total_ms,
    NULL, NULL, findings, decision, generation, cost_nanousd, price_version, labels,
    0, 0, NULL, NULL, '', '', ''
FROM former_exchange
"""


def upgrade() -> None:
    """From version 3."""
    op.execute("DROP VIEW exchange")
    op.add_column("shard", sa.Column("form", sa.BigInteger, nullable=False, server_default="3"))
    op.add_column("entry", sa.Column("queued_us", sa.BigInteger))
    op.add_column("entry", sa.Column("split_source", sa.Text))
    op.drop_column("entry", "energy_mj")
    op.drop_column("entry", "energy_method")
    _index()
    _make_tables()
    former = sa.inspect(op.get_bind()).has_table("former_exchange")
    op.execute(_VIEW.format(columns=_COLUMNS) + (_FORMER if former else ""))


def _index() -> None:
    op.drop_index("entry_exchange", "entry")
    op.create_index("entry_exchange", "entry", ["exchange", "attempt", "state"])
    for name, rows in (("entry_begun", "state = 'reserved'"), ("entry_over", "state <> 'reserved'")):
        where = sa.text(rows)
        op.create_index(name, "entry", ["started_ms"], sqlite_where=where, postgresql_where=where)


def _make_tables() -> None:
    op.create_table(
        "energy",
        sa.Column("exchange", sa.Text, primary_key=True),
        sa.Column("pool", sa.Text, nullable=False),
        sa.Column("ended_ms", sa.BigInteger, nullable=False),
        sa.Column("energy_mj", sa.BigInteger),
        sa.Column("doubt_mj", sa.BigInteger, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("void", "method", "weights")),
    )
    op.create_table(
        "delivery",
        sa.Column("sink", sa.Text, nullable=False),
        sa.Column("shard", sa.Text, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("sink", "shard"),
    )
