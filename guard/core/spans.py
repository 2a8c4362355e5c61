"""From findings to edits: which stretches of a channel are replaced.

Overlapping findings are one edit, and its span is their union; but a model's guess that runs into a value of a known
form ends where that begins. An edit is made only when nothing can still join it, so
that the result does not depend on how the text was cut.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from guard.core.discreet import Discreet
from guard.core.finding import Finding
from guard.core.taxonomy import PSEUDONYM


class Edit(Discreet, frozen=True):
    """`text[start:end]` becomes `text`. `restores`: by a value that the client sent itself."""

    start: int
    end: int
    text: str
    restores: bool = False


_SURE: Final = 0.95
"""The score of what a check digit confirms."""

Cluster = tuple[Finding, ...]
"""Findings that overlap, in order."""


def settle(findings: Sequence[Finding], upto: int) -> tuple[int, tuple[Cluster, ...], tuple[Finding, ...]]:
    """Sorts the findings that are complete before `upto` into clusters.

    `findings` are to be redacted. Returns the safe point (nothing before it can change any more), the clusters before
    it in order, and the findings that are left because they reach over it.
    """
    clusters: list[Cluster] = []
    ordered = sorted(parted(findings), key=lambda f: (f.start, -f.end))
    index = 0
    while index < len(ordered):
        stop = _cluster_end(ordered, index)
        cluster = tuple(ordered[index:stop])
        if max(f.end for f in cluster) > upto:
            return min(upto, cluster[0].start), tuple(clusters), tuple(ordered[index:])
        clusters.append(cluster)
        index = stop
    return upto, tuple(clusters), ()


def apply(text: str, base: int, edits: Iterable[Edit]) -> str:
    """`text`, which begins at `base` in its channel, with the edits made.

    An edit's text appears where the edit starts; the rest of its span vanishes, also when it began before `base`.
    """
    out: list[str] = []
    at, end = base, base + len(text)
    for edit in edits:
        if edit.end <= at or edit.start >= end:
            continue
        out.append(text[at - base : max(edit.start, at) - base])
        if edit.start >= base:
            out.append(edit.text)
        at = min(edit.end, end)
    out.append(text[at - base :])
    return "".join(out)


def parted(findings: Sequence[Finding]) -> Sequence[Finding]:
    """The findings, loose ones without what firm ones hold of them.

    Hidden signs stand within names, and what looks like a pseudonym may be none: neither takes anything of a guess.
    """
    firm = [f for f in findings if not (f.loose or f.type == PSEUDONYM or f.type.startswith("HIDDEN_"))]
    if not firm or len(firm) == len(findings):
        return findings
    return [part for f in findings for part in ((f,) if not f.loose else _outside(f, firm))]


def _outside(loose: Finding, firm: Sequence[Finding]) -> Sequence[Finding]:
    """What of a guess no firm finding holds. One in its middle parts it if it is sure: names hold no accounts."""
    parts = [(loose.start, loose.end)]
    for other in firm:
        parts = [part for start, end in parts for part in _around(start, end, other)]
    if parts == [(loose.start, loose.end)]:
        return (loose,)
    return [msgspec.structs.replace(loose, start=start, end=end) for start, end in parts]


def _around(start: int, end: int, other: Finding) -> Sequence[tuple[int, int]]:
    if other.end <= start or end <= other.start:
        return ((start, end),)
    if start < other.start and other.end < end and other.score < _SURE:
        return ((start, end),)
    return [(a, b) for a, b in ((start, other.start), (other.end, end)) if a < b]


def _cluster_end(ordered: Sequence[Finding], first: int) -> int:
    reach, index = ordered[first].end, first + 1
    while index < len(ordered) and ordered[index].start < reach:
        reach = max(reach, ordered[index].end)
        index += 1
    return index
