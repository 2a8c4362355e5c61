"""Adds findings up by type, engine and place: how often, how sure, and the first few spans. Bounded; never text."""

from typing import Final

from guard.core.finding import Finding
from guard.core.record import FindingRecord
from guard.core.taxonomy import group_of, severity_of

MOST_KINDS: Final = 256
MOST_SPANS: Final = 8


class Tally:
    """The findings of one direction of one exchange, whatever their score."""

    def __init__(self) -> None:
        self._kinds: dict[tuple[str, str, str], _Kind] = {}

    def add(self, finding: Finding, path: str) -> None:
        """Counts a finding; a further piece makes its span longer. Beyond `MOST_KINDS` new kinds are left out."""
        key = finding.type, finding.engine, path
        kind = self._kinds.get(key)
        if kind is None:
            if len(self._kinds) >= MOST_KINDS:
                return
            kind = self._kinds[key] = _Kind(finding.threshold)
        kind.add(finding)

    def records(self, direction: str) -> tuple[FindingRecord, ...]:
        """What was found, in the order in which it came up."""
        return tuple(
            FindingRecord(
                direction=direction,
                type=type_,
                group=group_of(type_),
                severity=severity_of(type_),
                engine=engine,
                path=path,
                count=kind.count,
                score=kind.score,
                threshold=kind.threshold,
                spans=tuple(kind.spans),
            )
            for (type_, engine, path), kind in self._kinds.items()
        )


class _Kind:
    __slots__ = ("count", "score", "spans", "threshold")

    def __init__(self, threshold: float) -> None:
        self.count = 0
        self.score = 0.0
        self.threshold = threshold
        self.spans: list[tuple[int, int]] = []

    def add(self, finding: Finding) -> None:
        self.score = max(self.score, finding.score)
        if finding.continues and self.spans and self.spans[-1][1] == finding.start:
            self.spans[-1] = self.spans[-1][0], finding.end
            return
        if finding.continues and self.count:
            return
        self.count += 1
        if len(self.spans) < MOST_SPANS:
            self.spans.append((finding.start, finding.end))
