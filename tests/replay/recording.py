"""A record as Guard writes it, of exchanges that a test makes up: as many as are wanted, drawn from a seed."""

import random
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from guard.audit.store import Entry, RecordStore
from guard.core.action import Action
from guard.core.decision import Decision
from guard.core.entry import Closing, Opening, Status
from guard.core.facts import Identity, RequestFacts
from guard.core.record import DecisionRecord, ExchangeNote, FindingRecord, Timings
from guard.core.taxonomy import group_of, severity_of
from guard.core.usage import Usage, UsageSource
from tests.replay.exchanges import facts

GENERATION = "0123456789ab"
TENANTS = ("acme", "umbrella", "initech")
MODELS = ("small-model", "large-model")


def traffic(count: int, begin_ms: int, seconds: float, seed: int = 1) -> Iterator[list[Entry]]:
    """So many exchanges of three tenants, spread over some seconds; a fifth of them hold an address of mail."""
    draw = random.Random(seed)
    for number in range(count):
        told = facts(
            identity=Identity(draw.choice(TENANTS), "web", "free"),
            model=draw.choice(MODELS),
            prompt_chars=draw.randrange(20, 2_000),
        )
        told = msgspec.structs.replace(told, tokens=told.prompt_chars // 4)
        found = ("EMAIL_ADDRESS",) if draw.random() < 0.2 else ()
        at_ms = begin_ms + int(draw.random() * seconds * 1000)
        yield exchange(number, told, at_ms, found, answered=draw.randrange(20, 200))


def exchange(
    number: int, told: RequestFacts, at_ms: int, found: Iterable[str] = (), answered: int = 100
) -> list[Entry]:
    """One exchange that was served, with what the runtime says of it."""
    id_ = f"01K{number:023d}"
    who = told.identity
    findings = tuple(
        FindingRecord("prompt", type_, group_of(type_), severity_of(type_), "pattern", "$.messages[].content", 1, 1.0)
        for type_ in found
    )
    first_ms = 300.0
    decision = Decision(actions={"pii": Action.REDACT}, generation=GENERATION)
    return [
        Opening(id_, who.tenant, who.key, who.tier, told.dialect, told.model, told.backend, told.stream, at_ms),
        DecisionRecord(f"01D{number:023d}", id_, "request", who, told, decision, GENERATION, at_ms * 10**6, 60_000),
        ExchangeNote(id_, findings, Timings(classify_ms=12.0, names_ms=6.0, backend_ms=150.0)),
        Closing(
            id_,
            Status.COMPLETED,
            "",
            Usage(prompt=told.tokens, completion=answered),
            UsageSource.PROVIDER,
            0,
            first_ms,
            first_ms + 20.0 * answered,
            tuple(found),
            "redact" if found else "allow",
            GENERATION,
        ),
    ]


def write(path: Path, exchanges: Iterable[list[Entry]], secret: str | None = None) -> None:
    """Writes them to a record, some at a time."""
    store = RecordStore(path, secret, keep_days=3650)
    batch: list[Entry] = []
    try:
        for entries in exchanges:
            batch += entries
            if len(batch) > 2_000:
                store.write(batch)
                batch = []
        store.write(batch)
    finally:
        store.close()
