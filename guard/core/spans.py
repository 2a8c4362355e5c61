"""From findings to edits: which stretches of a channel are replaced.

Overlapping findings are one edit, and its span is their union. An edit is made only when nothing can still join it, so
that the result does not depend on how the text was cut.
"""

from collections.abc import Iterable, Sequence

from guard.core.discreet import Discreet
from guard.core.finding import Finding


class Edit(Discreet, frozen=True):
    """`text[start:end]` becomes `text`. `restores`: by a value that the client sent itself."""

    start: int
    end: int
    text: str
    restores: bool = False


Cluster = tuple[Finding, ...]
"""Findings that overlap, in order."""


def settle(findings: Sequence[Finding], upto: int) -> tuple[int, tuple[Cluster, ...], tuple[Finding, ...]]:
    """Sorts the findings that are complete before `upto` into clusters.

    `findings` are to be redacted. Returns the safe point (nothing before it can change any more), the clusters before
    it in order, and the findings that are left because they reach over it.
    """
    clusters: list[Cluster] = []
    ordered = sorted(findings, key=lambda f: (f.start, -f.end))
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


def _cluster_end(ordered: Sequence[Finding], first: int) -> int:
    reach, index = ordered[first].end, first + 1
    while index < len(ordered) and ordered[index].start < reach:
        reach = max(reach, ordered[index].end)
        index += 1
    return index
