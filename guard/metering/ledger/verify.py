"""Checks a ledger's chains: finds whatever row was changed, taken out, moved, added or cut off, and says which.

It reads one snapshot, so Guard may write meanwhile. What it can't see: shards cut off behind the last one that is
left, and a history that whoever can write the database made anew; signed heads show that, as does comparing heads with
those logged.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, func, inspect, select, text

from guard.metering.ledger.chain import Birth, Check, Head
from guard.metering.ledger.form import form_of
from guard.metering.ledger.row import COLUMNS, linked
from guard.metering.ledger.store import birth_of
from guard.metering.ledger.suspect import Suspect, accused, moved
from guard.metering.ledger.table import ENTRY, HEAD, SHARD

_ROWS_AT_ONCE: Final = 2_000
_SEQ: Final = COLUMNS.index("seq")
MOST_FAULTS: Final = 100


class Fault(msgspec.Struct, frozen=True):
    """One thing that is wrong. `seq` is the entry's, or the head's number; 0 means the shard's own row."""

    kind: str
    shard: str
    seq: int
    told: str


class Verdict(msgspec.Struct, frozen=True):
    """What was found. `signed` heads bear a signature that the key at hand made; `former` rows were never chained."""

    shards: int
    entries: int
    heads: int
    signed: int
    former: int
    faults: tuple[Fault, ...]
    more: bool
    """Whether there were more faults than are told."""


def verify(db: Connection, check: Check | None) -> Verdict:
    """Reads everything. `check` is the public key that heads are signed with, None: signatures are not checked."""
    reading = _Reading(db, check)
    faults: list[Fault] = []
    for fault in reading.faults():
        if len(faults) == MOST_FAULTS:
            return reading.verdict(faults, more=True)
        faults.append(fault)
    return reading.verdict(faults, more=False)


class _Reading:
    def __init__(self, db: Connection, check: Check | None) -> None:
        self._db = db
        self._check = check
        self._shards = self._entries = self._heads = self._signed = 0

    def verdict(self, faults: Sequence[Fault], more: bool) -> Verdict:
        former = 0
        if inspect(self._db).has_table("former_exchange"):
            former = self._db.execute(text("SELECT count(*) FROM former_exchange")).scalar_one()
        return Verdict(self._shards, self._entries, self._heads, self._signed, former, tuple(faults), more)

    def faults(self) -> Iterator[Fault]:
        rows = self._db.execute(select(SHARD).order_by(SHARD.c.shard)).all()
        births = {row.shard: birth_of(row) for row in rows}
        yield from self._strays(births)
        for row in rows:
            self._shards += 1
            birth = births[row.shard]
            yield from _descent(birth, births)
            heads = self._db.execute(select(HEAD).where(HEAD.c.shard == row.shard).order_by(HEAD.c.number)).all()
            hashes: dict[int, bytes] = {0: birth.genesis}
            yield from self._chain(row, birth, {head.seq for head in heads}, hashes)
            yield from self._check_heads(row, birth, heads, hashes)

    def _strays(self, births: dict[str, Birth]) -> Iterator[Fault]:
        for table, what in ((ENTRY, "entries"), (HEAD, "heads")):
            query = select(table.c.shard, func.count()).group_by(table.c.shard).order_by(table.c.shard)
            for shard, count in self._db.execute(query):
                if shard not in births:
                    yield Fault(
                        "missing", shard, 0, f"the shard's own row is missing, and its {count} {what} are there"
                    )

    def _chain(self, shard: Any, birth: Birth, wanted: set[int], hashes: dict[int, bytes]) -> Iterator[Fault]:
        """Walks a shard's entries. `hashes` gets those that heads speak of."""
        form = form_of(shard.form)
        if form is None:
            yield Fault("changed", shard.shard, 0, "the shard's row has a form that no release had")
            return
        suspects: list[Suspect] = []
        links = {birth.genesis}
        seq, last = 0, birth.genesis
        query = select(*(ENTRY.c[name] for name in COLUMNS), ENTRY.c.hash).where(ENTRY.c.shard == shard.shard)
        for found in self._db.execution_options(yield_per=_ROWS_AT_ONCE).execute(query.order_by(ENTRY.c.seq)):
            self._entries += 1
            row, stored = form.told(tuple(found[:-1])), bytes(found[-1])
            at = int(found[_SEQ])
            if at > seq + 1:
                yield _gap(shard.shard, seq + 1, at - 1)
                links = set()
            computed = linked(last, row)
            if links and not any(linked(link, row) == stored for link in links):
                suspects.append(Suspect(at, row, stored, last))
                links = {stored, computed}
            else:
                links = {stored}
            if at in wanted:
                hashes[at] = stored
            seq, last = at, stored
        yield from _accused(shard.shard, [one for one in suspects if one.seq <= shard.seq])
        yield from _end(shard, seq, last, bool(suspects))

    def _check_heads(self, shard: Any, birth: Birth, heads: Sequence[Any], hashes: dict[int, bytes]) -> Iterator[Fault]:
        digest = birth.genesis
        for number, row in enumerate(heads, 1):
            self._heads += 1
            if row.number != number:
                yield Fault("missing", shard.shard, number, f"head {number} is missing")
                return
            head = Head(row.shard, row.number, row.seq, bytes(row.hash), row.at_ms, row.key_id)
            digest = head.digest(digest)
            if hashes.get(head.seq, head.hash) != head.hash:
                yield Fault("changed", shard.shard, number, f"head {number} and entry {head.seq} do not agree")
            if not self._sound(head, digest, row.signature):
                yield Fault("changed", shard.shard, number, f"head {number}, or one before it, is not what was signed")
                return
        if len(heads) < shard.heads:
            yield Fault(
                "truncated", shard.shard, len(heads) + 1, f"heads {len(heads) + 1} to {shard.heads} are missing"
            )
        elif len(heads) > shard.heads or digest != bytes(shard.digest):
            yield Fault("changed", shard.shard, 0, "the heads are not those that the shard's row speaks of")
        if shard.ended_ms is not None and not _ended_well(shard, heads):
            yield Fault("changed", shard.shard, 0, "the shard's end is not the one that its last head tells")

    def _sound(self, head: Head, digest: bytes, signature: bytes | None) -> bool:
        """False only for what is surely wrong: another key's signature can't be judged."""
        if not head.key_id:
            return signature is None
        if signature is None:
            return False
        if self._check is None or self._check.key_id != head.key_id:
            return True
        held = self._check.holds(digest, bytes(signature))
        self._signed += held
        return held


def _descent(birth: Birth, births: dict[str, Birth]) -> Iterator[Fault]:
    if not birth.follows:
        return
    before = births.get(birth.follows)
    if before is None:
        yield Fault("missing", birth.follows, 0, f"the whole shard is missing that {birth.shard} follows")
    elif before.genesis != bytes(birth.follows_genesis):
        yield Fault("changed", birth.shard, 0, f"the shard's row, or that of {birth.follows}, is not as it was begun")


def _accused(shard: str, suspects: Sequence[Suspect]) -> Iterator[Fault]:
    places = moved(suspects)
    for suspect in accused(suspects):
        if suspect.seq in places:
            told = f"entry {suspect.seq} was moved: its place is {places[suspect.seq]}"
            yield Fault("reordered", shard, suspect.seq, told)
        else:
            yield Fault("changed", shard, suspect.seq, f"entry {suspect.seq} is not what was entered")


def _gap(shard: str, first: int, last: int) -> Fault:
    which = f"entry {first} is" if first == last else f"entries {first} to {last} are"
    return Fault("missing", shard, first, f"{which} missing")


def _end(shard: Any, seq: int, last: bytes, told: bool) -> Iterator[Fault]:
    if seq < shard.seq:
        yield Fault("truncated", shard.shard, seq + 1, f"entries {seq + 1} to {shard.seq} are cut off")
    elif seq > shard.seq:
        yield Fault("added", shard.shard, shard.seq + 1, f"entries {shard.seq + 1} to {seq} were added behind the last")
    elif last != bytes(shard.hash) and not told:
        yield Fault("changed", shard.shard, 0, "the shard's row is not that of its last entry")


def _ended_well(shard: Any, heads: Sequence[Any]) -> bool:
    if (shard.segment, shard.position) != (0, 0):
        return False
    return bool(heads) and (heads[-1].at_ms, heads[-1].seq) == (shard.ended_ms, shard.seq)
