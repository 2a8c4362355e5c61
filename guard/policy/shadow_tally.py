"""Adds up in what a candidate differs, and keeps some examples. Bounded; begins anew with each generation of it."""

import hashlib
import threading
import time
from collections import Counter, deque
from collections.abc import Sequence
from typing import Final

import msgspec

from guard.core.bare_facts import bare
from guard.core.decision_json import decision_json, sound_json
from guard.core.discreet import Discreet
from guard.core.record import AnyDecision, AnyFacts
from guard.core.shadow import Difference, DifferenceCount, DifferenceSample, ShadowFigures

MOST_COUNTED: Final = 1000
MOST_SAMPLES: Final = 100
OTHER: Final = "…"
"""Stands for all tenants and details beyond `MOST_COUNTED`."""
_NOTHING: Final = b"null"


class Asked(Discreet, frozen=True):
    """What the live engine was asked and decided, None if it gave no decision.

    `unseen` are facts that the candidate reads and is not told.
    """

    exchange: str
    point: str
    facts: AnyFacts
    live: AnyDecision | None
    unseen: tuple[str, ...] = ()


class ShadowTally:
    """May be told and asked from any thread."""

    def __init__(self, tenants_percent: float, sample: float) -> None:
        """`sample` is the share of decisions that differ of which an example is kept, 0 to 1."""
        self._percent = tenants_percent
        self._sample = sample
        self._lock = threading.Lock()
        self._dropped = 0
        self._unseen: tuple[str, ...] = ()
        self._begin("")

    def add(self, asked: Asked, candidate: AnyDecision | None, generation: str, found: Sequence[Difference]) -> None:
        """Counts what a candidate of this generation decided, and in what that differs."""
        kept = _sample(asked, candidate, tuple(found)) if found and self._is_chosen(asked.exchange) else None
        with self._lock:
            if generation != self._generation:
                self._begin(generation)
            self._unseen = asked.unseen
            self._compared += 1
            self._different += bool(found)
            self._failed += candidate is None
            for one in found:
                self._count(asked, one)
            if kept is not None:
                self._samples.append(kept)

    def drop(self) -> None:
        """Counts a decision that found no room to wait for its comparison."""
        with self._lock:
            self._dropped += 1

    def figures(self) -> ShadowFigures:
        """The sums so far, the most frequent difference first."""
        with self._lock:
            return ShadowFigures(
                generation=self._generation,
                tenants_percent=self._percent,
                compared=self._compared,
                different=self._different,
                failed=self._failed,
                dropped=self._dropped,
                unseen=self._unseen,
                differences=tuple(DifferenceCount(*key, count) for key, count in self._counts.most_common()),
                samples=tuple(self._samples),
            )

    def _begin(self, generation: str) -> None:
        self._generation = generation
        self._compared = self._different = self._failed = 0
        self._unseen = ()
        self._counts: Counter[tuple[str, str, str, str]] = Counter()
        self._samples: deque[DifferenceSample] = deque(maxlen=MOST_SAMPLES)

    def _count(self, asked: Asked, one: Difference) -> None:
        key = asked.point, asked.facts.identity.tenant, one.kind, one.detail
        if key not in self._counts and len(self._counts) >= MOST_COUNTED:
            key = asked.point, OTHER, one.kind, OTHER
        self._counts[key] += 1

    def _is_chosen(self, exchange: str) -> bool:
        # By the exchange, so that all that differs in one is kept or nothing is.
        digest = hashlib.blake2b(exchange.encode(), key=b"guard sample", digest_size=8).digest()
        return int.from_bytes(digest, "big") / 2**64 < self._sample


def _sample(asked: Asked, candidate: AnyDecision | None, found: tuple[Difference, ...]) -> DifferenceSample:
    return DifferenceSample(
        exchange=asked.exchange,
        at=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        point=asked.point,
        tenant=asked.facts.identity.tenant,
        differences=found,
        facts=msgspec.Raw(sound_json(bare(asked.facts)[0])),
        live=_told(asked.live),
        candidate=_told(candidate),
    )


def _told(decision: AnyDecision | None) -> msgspec.Raw:
    return msgspec.Raw(_NOTHING if decision is None else decision_json(decision))
