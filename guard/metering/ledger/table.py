"""The ledger's tables, as SQLAlchemy Core sees them. `migration/` makes them; a test compares the two."""

from typing import Final

from sqlalchemy import BigInteger, Column, Index, LargeBinary, MetaData, PrimaryKeyConstraint, Table, Text, text

from guard.metering.ledger.row import COLUMNS

METADATA: Final = MetaData()

_TEXTS: Final = frozenset(
    (
        *("shard", "id", "state", "exchange", "tenant", "idempotency"),
        *("key", "tier", "dialect", "model", "backend", "status"),
        *("reason", "usage_source", "findings", "decision", "generation", "price_version"),
        *("labels", "split_source"),
    )
)
_NULLABLE: Final = frozenset(
    (
        *("prompt_tokens", "cached_tokens", "audio_tokens", "image_tokens", "completion_tokens", "reasoning_tokens"),
        *("tool_tokens", "withheld_tokens", "guard_tokens", "usage_source", "first_us", "total_us"),
        *("waited_us", "cost_nanousd", "queued_us", "split_source"),
    )
)


def _column(name: str) -> Column[str] | Column[int]:
    if name in _TEXTS:
        return Column(name, Text, nullable=name in _NULLABLE)
    return Column(name, BigInteger, nullable=name in _NULLABLE)


ENTRY: Final = Table(
    "entry",
    METADATA,
    *map(_column, COLUMNS),
    Column("hash", LargeBinary, nullable=False),
    PrimaryKeyConstraint("shard", "seq"),
)
"""One row when an exchange begins, one more when it is over. Rows are never changed."""

_RESERVED: Final = text("state = 'reserved'")
FINAL: Final = text("state <> 'reserved'")
"""Written out wherever rows are asked for by it: SQLite uses its indexes of a part for these very words alone."""
_UNIQUE: Final = (ENTRY.c.tenant, ENTRY.c.idempotency, ENTRY.c.attempt)
Index("entry_id", ENTRY.c.id, unique=True)
Index("entry_exchange", ENTRY.c.exchange, ENTRY.c.attempt, ENTRY.c.state)
Index("entry_reserved", *_UNIQUE, unique=True, sqlite_where=_RESERVED, postgresql_where=_RESERVED)
Index("entry_final", *_UNIQUE, unique=True, sqlite_where=FINAL, postgresql_where=FINAL)
Index("entry_begun", ENTRY.c.started_ms, sqlite_where=_RESERVED, postgresql_where=_RESERVED)
Index("entry_over", ENTRY.c.started_ms, sqlite_where=FINAL, postgresql_where=FINAL)

SHARD: Final = Table(
    "shard",
    METADATA,
    Column("shard", Text, primary_key=True),
    Column("pid", BigInteger, nullable=False),
    Column("started_ms", BigInteger, nullable=False),
    Column("follows", Text, nullable=False),
    Column("follows_genesis", LargeBinary, nullable=False),
    Column("segment", BigInteger, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("heads", BigInteger, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("ended_ms", BigInteger),
    Column("form", BigInteger, nullable=False),
)
"""One row for each run of a process: how far its journal has been entered (`segment`, `position`; zeros once it has
ended), its last entry (`seq`, `hash`), its last head (`heads`, `digest`), and the columns that are hashed (`form`)."""

HEAD: Final = Table(
    "head",
    METADATA,
    Column("shard", Text, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("signature", LargeBinary),
    PrimaryKeyConstraint("shard", "number"),
)
"""How far a shard had come, now and then, signed if there is a key."""

ENERGY: Final = Table(
    "energy",
    METADATA,
    Column("exchange", Text, primary_key=True),
    Column("pool", Text, nullable=False),
    Column("ended_ms", BigInteger, nullable=False),
    Column("energy_mj", BigInteger),
    Column("doubt_mj", BigInteger, nullable=False),
    Column("void", Text, nullable=False),
    Column("method", Text, nullable=False),
    Column("weights", Text, nullable=False),
)
"""What an exchange took, known after its final entry and with doubt; in no chain."""

DELIVERY: Final = Table(
    "delivery",
    METADATA,
    Column("sink", Text, nullable=False),
    Column("shard", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),
    PrimaryKeyConstraint("sink", "shard"),
)
"""Up to which entry of each shard usage events have been delivered to a sink."""
