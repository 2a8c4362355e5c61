"""The ledger's database as the writer uses it: shards, batches of entries, heads. One thread at a time.

A batch, the position in the journal behind it, and the shard's new head hash are one transaction: whatever is in doubt
after a failure, the position says whether the batch is in.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Engine, bindparam, func, select, text, tuple_, update
from sqlalchemy.exc import IntegrityError

from guard.core.entry import ExchangeEnergy, Opening
from guard.errors import LedgerError
from guard.metering.ledger.chain import Birth, Head
from guard.metering.ledger.engine import told, use_write_ahead_log, writing_engine
from guard.metering.ledger.form import CURRENT
from guard.metering.ledger.journal import Position
from guard.metering.ledger.row import COLUMNS, RESERVED, Opened, Row, energy_row
from guard.metering.ledger.schema import upgrade
from guard.metering.ledger.table import ENERGY, ENTRY, HEAD, SHARD
from guard.metering.location import Location

_ASKED_AT_ONCE: Final = 500
_FIELDS: Final = (*COLUMNS, "hash")
_ADD_ENERGY: Final = text(
    "INSERT INTO energy (exchange, pool, ended_ms, energy_mj, doubt_mj, void, method, weights) "
    "VALUES (:exchange, :pool, :ended_ms, :energy_mj, :doubt_mj, :void, :method, :weights) "
    "ON CONFLICT (exchange) DO NOTHING"
)
"""What is told first counts."""


_MOVED: Final = ("segment", "position", "seq", "hash", "heads", "digest", "ended_ms")
_MOVE: Final = (
    update(SHARD)
    .where(
        SHARD.c.shard == bindparam("at_shard"),
        SHARD.c.segment == bindparam("at_segment"),
        SHARD.c.position == bindparam("at_position"),
        SHARD.c.seq == bindparam("at_seq"),
        SHARD.c.ended_ms.is_(None),
    )
    .values({name: bindparam(name) for name in _MOVED})
)
"""Built once: that costs as much as to enter forty notes."""


class ShardState(msgspec.Struct, frozen=True):
    """How far a shard has come. `digest` is its last head's, its genesis before there is one; `form` is for good."""

    position: Position
    seq: int
    hash: bytes
    heads: int
    digest: bytes
    form: int
    ended_ms: int | None = None


class Taken(Exception):
    """An entry stands in the way of one that was to be written."""


class Store:
    """An open database."""

    def __init__(self, location: Location, password: str = "", busy_ms: int = 1_000) -> None:
        """Opens or makes it, and migrates it. Raises LedgerError."""
        self._location = location
        self._engine: Engine = writing_engine(location, password, busy_ms)
        try:
            with told(location):
                upgrade(self._engine, location)
                if location.path is not None:
                    use_write_ahead_log(self._engine, busy_ms)
        except LedgerError:
            self.close()
            raise

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """All or nothing. Raises LedgerError, Taken."""
        with told(self._location):
            try:
                with self._engine.begin() as db:
                    yield db
            except IntegrityError:
                raise Taken from None

    def begin(self, shard: str, pid: int, started_ms: int, position: Position) -> ShardState:
        """A new shard, behind the one that began last. Raises LedgerError."""
        with self.transaction() as db:
            last = db.execute(select(SHARD).order_by(SHARD.c.shard.desc()).limit(1)).one_or_none()
            before = ("", b"") if last is None else (last.shard, birth_of(last).genesis)
            birth = Birth(shard, pid, started_ms, before[0], before[1], CURRENT)
            genesis = birth.genesis
            db.execute(
                SHARD.insert(),
                {
                    **msgspec.structs.asdict(birth),
                    "segment": position.segment,
                    "position": position.offset,
                    "seq": 0,
                    "hash": genesis,
                    "heads": 0,
                    "digest": genesis,
                    "ended_ms": None,
                },
            )
        return ShardState(position, 0, genesis, 0, genesis, CURRENT)

    def state(self, shard: str) -> ShardState | None:
        """How far a shard has come; None if there is no such shard."""
        with self.transaction() as db:
            row = db.execute(select(SHARD).where(SHARD.c.shard == shard)).one_or_none()
        if row is None:
            return None
        position = Position(row.segment, row.position)
        return ShardState(position, row.seq, row.hash, row.heads, row.digest, row.form, row.ended_ms)

    def running(self, shard: str) -> list[Opened]:
        """The exchanges of a shard that have no final entry."""
        final = ENTRY.alias()
        over = select(final.c.seq).where(
            final.c.exchange == ENTRY.c.exchange, final.c.attempt == ENTRY.c.attempt, final.c.state != RESERVED
        )
        query = select(ENTRY).where(ENTRY.c.shard == shard, ENTRY.c.state == RESERVED, ~over.exists())
        with self.transaction() as db:
            return [_opened(row) for row in db.execute(query)]

    def advance(self, db: Connection, shard: str, old: ShardState, new: ShardState, rows: Sequence[Row]) -> None:
        """Adds entries, each with its hash behind it, and moves the shard on. Raises LedgerError if it had moved."""
        if rows:
            db.execute(ENTRY.insert(), [dict(zip(_FIELDS, row, strict=True)) for row in rows])
        ended = new.ended_ms is not None
        moved = db.execute(
            _MOVE,
            {
                "at_shard": shard,
                "at_segment": old.position.segment,
                "at_position": old.position.offset,
                "at_seq": old.seq,
                "segment": 0 if ended else new.position.segment,
                "position": 0 if ended else new.position.offset,
                "seq": new.seq,
                "hash": new.hash,
                "heads": new.heads,
                "digest": new.digest,
                "ended_ms": new.ended_ms,
            },
        )
        if moved.rowcount != 1:
            raise LedgerError("the ledger's shard of this process was changed by another; stop whoever writes it")

    def add_head(self, db: Connection, head: Head, signature: bytes | None) -> None:
        """Adds a head."""
        db.execute(HEAD.insert(), {**msgspec.structs.asdict(head), "signature": signature})

    def add_energies(self, db: Connection, energies: Sequence[ExchangeEnergy]) -> None:
        """Adds what exchanges took; nothing to those that have it."""
        if energies:
            db.execute(_ADD_ENERGY, [dict(zip(ENERGY.c.keys(), energy_row(one), strict=True)) for one in energies])

    def attempts(self, db: Connection, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
        """The last attempt that is entered for each (tenant, idempotency key)."""
        found: dict[tuple[str, str], int] = {}
        columns = (ENTRY.c.tenant, ENTRY.c.idempotency)
        for some in _portions(keys):
            query = select(*columns, func.max(ENTRY.c.attempt)).where(tuple_(*columns).in_(some)).group_by(*columns)
            found.update({(row[0], row[1]): row[2] for row in db.execute(query)})
        return found

    def finished(self, db: Connection, exchanges: Iterable[str]) -> set[tuple[str, int]]:
        """Which attempts of these exchanges have their final entry."""
        found: set[tuple[str, int]] = set()
        columns = (ENTRY.c.exchange, ENTRY.c.attempt)
        for some in _portions(exchanges):
            query = select(*columns).where(ENTRY.c.exchange.in_(some), ENTRY.c.state != RESERVED)
            found.update((row[0], row[1]) for row in db.execute(query))
        return found

    def close(self) -> None:
        """Closes the database."""
        self._engine.dispose()


def birth_of(row: Any) -> Birth:
    """How the shard of a row began."""
    return Birth(row.shard, row.pid, row.started_ms, row.follows, row.follows_genesis, row.form)


def _opened(row: Any) -> Opened:
    opening = Opening(
        **{name: getattr(row, name) for name in ("exchange", "tenant", "key", "tier", "dialect", "model", "backend")},
        stream=bool(row.stream),
        started_ms=row.started_ms,
        attempt=row.attempt,
        idempotency=row.idempotency,
        reserved_tokens=row.reserved_tokens,
        reserved_nanousd=row.reserved_nanousd,
    )
    return Opened(opening, row.attempt)


def _portions(items: Iterable[object]) -> Iterator[list[object]]:
    left = iter(items)
    while some := list(islice(left, _ASKED_AT_ONCE)):
        yield some
