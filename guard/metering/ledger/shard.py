"""One shard on its way from the journal into the database: batch by batch, each exactly once, with heads now and then.

The live run and the recovery of a dead one do the same. It blocks, and is for one thread at a time.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec
import structlog
from sqlalchemy import Connection

from guard.core.entry import Closing, Opening
from guard.errors import LedgerError
from guard.metering.ledger.board import Seen, mark
from guard.metering.ledger.books import Draft, Known, Running
from guard.metering.ledger.chain import Head, Signer
from guard.metering.ledger.form import form_of
from guard.metering.ledger.journal import Journal, Position
from guard.metering.ledger.note import Note, decoded
from guard.metering.ledger.record import Record
from guard.metering.ledger.row import Opened, idempotency_of, tenant_of
from guard.metering.ledger.store import ShardState, Store, Taken

_log: Final = structlog.get_logger("guard.ledger")
BATCH_NOTES: Final = 4_096
_TRIES: Final = 4

Estimator = Callable[[Opened, Seen | None], Closing]
"""How an exchange is closed that nobody closed."""


class HeadPace(msgspec.Struct, frozen=True):
    """How often there is a head: after so many seconds if there are new entries, and after so many entries."""

    seconds: float
    entries: int
    signer: Signer | None


class ShardWriter:
    """Moves one shard on."""

    def __init__(self, store: Store, shard: str, state: ShardState, journal: Journal, pace: HeadPace) -> None:
        self._store = store
        self._shard = shard
        self.state = state
        self._journal = journal
        self._pace = pace
        self._headed = time.monotonic()
        self._head_seq = 0
        self._running: Running = {}
        self._doubt: tuple[ShardState, Draft] | None = None
        """What was written last, until it is known to be committed."""

    def recall(self) -> None:
        """Learns from the database which exchanges were running: for a shard that another process began."""
        self._running = {(one.opening.exchange, one.attempt): one for one in self._store.running(self._shard)}

    def advance(self) -> int:
        """Enters one batch; how many notes it was. Raises LedgerError; the next call finds out whether it is in."""
        self._resolve()
        records, position = self._journal.read(self.state.position, BATCH_NOTES)
        if not records and not self._head_due(self.state.seq):
            return 0
        self._enter(_notes(records), msgspec.structs.replace(self.state, position=position))
        self._journal.drop(self.state.position)
        return len(records)

    def end(self, seen: Mapping[int, Seen], estimator: Estimator) -> None:
        """Estimates what is still running, and ends the shard, in one transaction. Raises LedgerError."""
        self._resolve()
        draft = self._draft()
        for opened in self._running.values():
            draft.estimate(opened, estimator(opened, seen.get(mark(opened.opening.exchange))))
        with self._store.transaction() as db:
            self._write(db, draft, msgspec.structs.replace(self.state, ended_ms=_now_ms()), head=True)
        self._take()

    def _enter(self, notes: Sequence[Note], target: ShardState) -> None:
        for attempt in range(_TRIES):
            try:
                with self._store.transaction() as db:
                    draft = self._draft()
                    draft.enter(notes, self._known(db, notes, every=attempt > 0))
                    self._write(db, draft, target, self._head_due(draft.seq))
            except Taken:
                # Another process entered the same client's key in between, or something is told again.
                self._doubt = None
                continue
            self._take()
            return
        raise LedgerError("the ledger holds entries in the way of new ones; guard ledger verify tells which")

    def _draft(self) -> Draft:
        form = form_of(self.state.form)
        if form is None:
            raise LedgerError("the ledger's shard has a form that no release had; guard ledger verify tells which")
        return Draft(self._shard, form, self.state.seq, self.state.hash, self._running)

    def _write(self, db: Connection, draft: Draft, target: ShardState, head: bool) -> None:
        new = msgspec.structs.replace(target, seq=draft.seq, hash=draft.head)
        if head:
            new = self._add_head(db, new)
        self._store.add_energies(db, draft.energies)
        self._store.advance(db, self._shard, self.state, new, draft.rows)
        self._doubt = new, draft

    def _take(self) -> None:
        """What was written is committed."""
        if self._doubt is None:
            return
        new, draft = self._doubt
        if new.heads > self.state.heads:
            self._headed, self._head_seq = time.monotonic(), new.seq
            _log.info("ledger_head", shard=self._shard, head=new.heads, entry=new.seq, hash=new.hash.hex())
        self.state, self._running, self._doubt = new, draft.running, None

    def _resolve(self) -> None:
        """After an error at the commit nobody knows whether it went through; the database does."""
        if self._doubt is None:
            return
        there = self._store.state(self._shard)
        if there is not None and _mark_of(there) == _mark_of(self._doubt[0]):
            self._take()
        self._doubt = None

    def _known(self, db: Connection, notes: Sequence[Note], every: bool) -> Known:
        """Asks for what can't be known here; for every note, once something unforeseen stood in the way."""
        keys = {
            (tenant_of(one), idempotency_of(one))
            for one in notes
            if isinstance(one, Opening) and (every or one.idempotency)
        }
        told = {(one.exchange, one.attempt) for one in notes if isinstance(one, Opening)} | self._running.keys()
        strays = {
            one.exchange
            for one in notes
            if isinstance(one, Closing) and (every or (one.exchange, one.attempt) not in told)
        }
        return Known(
            self._store.attempts(db, keys) if keys else {},
            self._store.finished(db, strays) if strays else frozenset(),
        )

    def _head_due(self, seq: int) -> bool:
        fresh = seq - self._head_seq
        return fresh >= self._pace.entries or (fresh > 0 and time.monotonic() - self._headed >= self._pace.seconds)

    def _add_head(self, db: Connection, new: ShardState) -> ShardState:
        signer = self._pace.signer
        head = Head(
            shard=self._shard,
            number=new.heads + 1,
            seq=new.seq,
            hash=new.hash,
            at_ms=new.ended_ms or _now_ms(),
            key_id=signer.key_id if signer is not None else "",
        )
        digest = head.digest(new.digest)
        self._store.add_head(db, head, signer.sign(digest) if signer is not None else None)
        return msgspec.structs.replace(new, heads=head.number, digest=digest)


def _mark_of(state: ShardState) -> tuple[Position, int, bytes, int]:
    return state.position, state.seq, state.hash, state.heads


def _notes(records: Sequence[Record]) -> list[Note]:
    notes = (decoded(kind, payload) for kind, payload in records)
    return [note for note in notes if note is not None]


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
