"""From findings to edits: which stretches of a channel are replaced, and by what.

Overlapping findings are one edit: its span is their union and its mask names the longest of them. An edit is made
only when nothing can still join it, so that the result does not depend on how the text was cut.
"""

from collections.abc import Iterable, Sequence

import msgspec

from guard.core.finding import Finding


class Edit(msgspec.Struct, frozen=True):
    """`text[start:end]` becomes `mask`."""

    start: int
    end: int
    mask: str


def settle(findings: Sequence[Finding], upto: int) -> tuple[int, tuple[Edit, ...], tuple[Finding, ...]]:
    """Turns the findings that are complete before `upto` into edits.

    `findings` are to be redacted. Returns the safe point (nothing before it can change any more), the edits before
    it in order, and the findings that are left because they reach over it.
    """
    edits: list[Edit] = []
    ordered = sorted(findings, key=lambda f: (f.start, -f.end))
    index = 0
    while index < len(ordered):
        stop = _cluster_end(ordered, index)
        cluster = ordered[index:stop]
        end = max(f.end for f in cluster)
        if end > upto:
            return min(upto, cluster[0].start), tuple(edits), tuple(ordered[index:])
        edits.append(Edit(cluster[0].start, end, _mask(cluster)))
        index = stop
    return upto, tuple(edits), ()


def apply(text: str, base: int, edits: Iterable[Edit]) -> str:
    """`text`, which begins at `base` in its channel, with the edits made.

    An edit's mask appears where the edit starts; the rest of its span vanishes, also when it began before `base`.
    """
    out: list[str] = []
    at, end = base, base + len(text)
    for edit in edits:
        if edit.end <= at or edit.start >= end:
            continue
        out.append(text[at - base : max(edit.start, at) - base])
        if edit.start >= base:
            out.append(edit.mask)
        at = min(edit.end, end)
    out.append(text[at - base :])
    return "".join(out)


def _cluster_end(ordered: Sequence[Finding], first: int) -> int:
    reach, index = ordered[first].end, first + 1
    while index < len(ordered) and ordered[index].start < reach:
        reach = max(reach, ordered[index].end)
        index += 1
    return index


def _mask(cluster: Sequence[Finding]) -> str:
    named = min(cluster, key=lambda f: (f.continues, f.start - f.end, f.start, f.type))
    if named.continues or named.type.startswith("HIDDEN_"):
        return ""
    return f'"[{named.type}]"' if cluster[0].bare else f"[{named.type}]"
