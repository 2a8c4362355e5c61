"""Entries, shards and heads; what the single table of versions 1 and 2 held stays readable in the view `exchange`."""

import sqlalchemy as sa
from alembic import op

revision = "3"
down_revision = None

_MEASURES = (
    *("prompt_tokens", "cached_tokens", "audio_tokens", "image_tokens", "completion_tokens"),
    *("reasoning_tokens", "tool_tokens", "withheld_tokens", "guard_tokens"),
)

_VIEW = """
CREATE VIEW exchange AS
SELECT exchange, attempt, shard AS run, state, tenant, idempotency, key, tier, dialect, model, backend, stream,
    started_ms, status, reason, prompt_tokens, cached_tokens, audio_tokens, image_tokens, completion_tokens,
    reasoning_tokens, tool_tokens, withheld_tokens, guard_tokens, usage_source, first_us / 1000.0 AS first_ms,
    total_us / 1000.0 AS total_ms, waited_us / 1000.0 AS waited_ms, findings, decision, generation, cost_nanousd,
    price_version, labels,
    reserved_tokens, reserved_nanousd, energy_mj, energy_method
FROM entry AS latest
WHERE state <> 'reserved' OR NOT EXISTS (
    SELECT 1 FROM entry AS final
    WHERE final.exchange = latest.exchange AND final.attempt = latest.attempt AND final.state <> 'reserved'
)
"""
_FORMER = """
UNION ALL
SELECT exchange, 1, run, 'former', tenant, exchange, key, tier, dialect, model, backend, stream, started_ms,
    status, reason, prompt_tokens, cached_tokens, NULL, NULL, completion_tokens,
    reasoning_tokens, NULL, withheld_tokens, NULL, usage_source, first_ms, total_ms,
    NULL, findings, decision, generation, cost_nanousd, price_version, labels,
    0, 0, NULL, ''
FROM former_exchange
"""
_RUN = "CREATE VIEW run AS SELECT shard AS run, pid, started_ms, ended_ms FROM shard"


def upgrade() -> None:
    """From nothing, or from the single table of version 2."""
    former = sa.inspect(op.get_bind()).has_table("exchange")
    if former:
        op.rename_table("exchange", "former_exchange")
        op.rename_table("run", "former_run")
    _make_entry()
    _make_shard()
    op.execute(_VIEW + (_FORMER if former else ""))
    op.execute(_RUN)


def _text(name: str, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=null)


def _int(name: str, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=null)


def _bytes(name: str, null: bool = False) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary, nullable=null)


def _make_entry() -> None:
    op.create_table(
        "entry",
        _text("shard"),
        _int("seq"),
        *map(_text, ("id", "state", "exchange")),
        _int("attempt"),
        *map(_text, ("tenant", "idempotency", "key", "tier", "dialect", "model", "backend")),
        *map(_int, ("stream", "started_ms", "reserved_tokens", "reserved_nanousd")),
        *map(_text, ("status", "reason")),
        *(_int(name, null=True) for name in _MEASURES),
        _text("usage_source", null=True),
        *(_int(name, null=True) for name in ("first_us", "total_us", "waited_us")),
        *map(_text, ("findings", "decision", "generation")),
        _int("cost_nanousd", null=True),
        *map(_text, ("price_version", "labels")),
        _int("energy_mj", null=True),
        _text("energy_method"),
        _bytes("hash"),
        sa.PrimaryKeyConstraint("shard", "seq"),
    )
    op.create_index("entry_id", "entry", ["id"], unique=True)
    op.create_index("entry_exchange", "entry", ["exchange"])
    for name, rows in (("entry_reserved", "state = 'reserved'"), ("entry_final", "state <> 'reserved'")):
        where = sa.text(rows)
        columns = ["tenant", "idempotency", "attempt"]
        op.create_index(name, "entry", columns, unique=True, sqlite_where=where, postgresql_where=where)


def _make_shard() -> None:
    op.create_table(
        "shard",
        sa.Column("shard", sa.Text, primary_key=True),
        *map(_int, ("pid", "started_ms")),
        _text("follows"),
        _bytes("follows_genesis"),
        *map(_int, ("segment", "position", "seq")),
        _bytes("hash"),
        _int("heads"),
        _bytes("digest"),
        _int("ended_ms", null=True),
    )
    op.create_table(
        "head",
        _text("shard"),
        *map(_int, ("number", "seq")),
        _bytes("hash"),
        _int("at_ms"),
        _text("key_id"),
        _bytes("signature", null=True),
        sa.PrimaryKeyConstraint("shard", "number"),
    )
