"""Final entries that a sink has not got yet, shard by shard, and how far it has come. Blocks: for a thread.

A shard has one writer and grows at its end alone, so what stands behind a number once never changes. How far a sink has
come only ever grows. It can't tell whether a batch that nobody marked as delivered was delivered all the same.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Engine, and_, func, select, text
from sqlalchemy.exc import SQLAlchemyError

from guard.core.usage_event import UsageBatch, UsageData, UsageEvent
from guard.metering.delivery.lock import FileLock, hold_on_server
from guard.metering.ledger.engine import reading_engine, told, writing_engine
from guard.metering.ledger.table import DELIVERY, ENTRY, FINAL, SHARD
from guard.metering.location import Location, parse_location

_BUSY_MS: Final = 5_000
_COLUMNS: Final = tuple(
    ENTRY.c["total_us" if name == "total_ms" else name] for name in ("seq", "id", *UsageData.__struct_fields__)
)
_ADVANCE: Final = text(
    "INSERT INTO delivery (sink, shard, seq) VALUES (:sink, :shard, :seq) "
    "ON CONFLICT (sink, shard) DO UPDATE SET seq = excluded.seq WHERE delivery.seq < excluded.seq"
)
_SKIP_ALL: Final = text(
    "INSERT INTO delivery (sink, shard, seq) SELECT CAST(:sink AS TEXT), shard, seq FROM shard WHERE true "
    "ON CONFLICT DO NOTHING"
)


class Outbox:
    """Implements `ports.Outbox` over the ledger's database. One thread at a time."""

    def __init__(self, url: str, password: str, sink: str, history: bool) -> None:
        """`history`: whether a sink that has got nothing yet gets what is there already. Raises ValueError."""
        self._location: Location = parse_location(url)
        self._password = password
        self._sink = sink
        self._history = history
        self._engines: tuple[Engine, ...] = ()
        self._server: Connection | None = None
        self._file: FileLock | None = None
        self._last = ""
        """The shard whose turn it was."""

    def hold(self) -> bool:
        """Whether this process is the one that delivers now. Once it is, until `release`. Raises LedgerError."""
        with told(self._location):
            held = self._hold_on_server() if self._location.server else self._hold_file()
            if held:
                self._begin()
            else:
                self.release()
            return held

    def take(self, most: int) -> UsageBatch | None:
        """The next entries of the shard whose turn it is, `most` events of them at most; None if nothing is left."""
        with told(self._location), self._transaction(write=False) as db:
            behind = self._behind(db)
            if not behind:
                return None
            waiting = sum(upto - after for _, after, upto in behind)
            shard, after, upto = next((one for one in behind if one[0] > self._last), behind[0])
            rows = db.execute(
                select(*_COLUMNS)
                .where(ENTRY.c.shard == shard, ENTRY.c.seq > after, ENTRY.c.seq <= upto, FINAL)
                .order_by(ENTRY.c.seq)
                .limit(most)
            ).all()
        return UsageBatch(shard, rows[-1].seq if len(rows) == most else upto, tuple(map(_event, rows)), waiting)

    def delivered(self, batch: UsageBatch) -> None:
        """The sink has got a batch. Raises LedgerError."""
        with told(self._location), self._transaction(write=True) as db:
            db.execute(_ADVANCE, {"sink": self._sink, "shard": batch.shard, "seq": batch.upto})
        self._last = batch.shard

    def release(self) -> None:
        """Lets another process deliver. May be called twice."""
        server, self._server = self._server, None
        if server is not None:
            with suppress(SQLAlchemyError):
                server.invalidate()  # The lock goes with the session; a connection that is kept would keep it.
                server.close()
        engines, self._engines = self._engines, ()
        for engine in engines:
            engine.dispose()
        if self._file is not None:
            self._file.drop()
            self._file = None

    def _hold_on_server(self) -> bool:
        self._engines = (writing_engine(self._location, self._password, _BUSY_MS),)
        self._server = self._engines[0].connect()
        with self._server.begin():
            return hold_on_server(self._server, self._sink)

    def _hold_file(self) -> bool:
        assert self._location.path is not None
        self._file = FileLock(self._location.path.absolute(), self._sink)
        if not self._file.hold():
            return False
        self._engines = (
            reading_engine(self._location, "", _BUSY_MS),
            writing_engine(self._location, "", _BUSY_MS),
        )
        return True

    def _begin(self) -> None:
        """A sink that is new here gets what comes from now on, unless it wants all."""
        if self._history:
            return
        with self._transaction(write=False) as db:
            known = db.execute(select(DELIVERY.c.seq).where(DELIVERY.c.sink == self._sink).limit(1)).first()
        if known is None:
            with self._transaction(write=True) as db:
                db.execute(_SKIP_ALL, {"sink": self._sink})

    def _behind(self, db: Connection) -> list[tuple[str, int, int]]:
        """Shards with entries behind what was delivered: their names, up to where, and their ends; in order."""
        mine = and_(DELIVERY.c.shard == SHARD.c.shard, DELIVERY.c.sink == self._sink)
        after = func.coalesce(DELIVERY.c.seq, 0)
        wanted = (
            select(SHARD.c.shard, after, SHARD.c.seq)
            .select_from(SHARD.outerjoin(DELIVERY, mine))
            .where(SHARD.c.seq > after)
            .order_by(SHARD.c.shard)
        )
        return [(str(shard), int(begin), int(end)) for shard, begin, end in db.execute(wanted)]

    @contextmanager
    def _transaction(self, write: bool) -> Iterator[Connection]:
        if self._server is not None:
            with self._server.begin():
                yield self._server
            return
        with self._engines[1 if write else 0].begin() as db:
            yield db


def _event(row: Any) -> UsageEvent:
    told_of: dict[str, Any] = {name: value for name, value in row._mapping.items() if name not in ("seq", "id")}
    total_us = told_of.pop("total_us")
    told_of["stream"] = bool(told_of["stream"])
    told_of["labels"] = msgspec.Raw(told_of["labels"].encode())
    told_of["split_source"] = told_of["split_source"] or None
    data = UsageData(**told_of, total_ms=None if total_us is None else total_us / 1000)
    return UsageEvent(row.id, data.started_ms + (total_us or 0) // 1000, data)
