"""Which of several findings of one type stay: not those that another one covers with a score as high.

Presidio's `remove_duplicates`, for findings that come one after the other. Only judged ones ever give way.
"""

from guard.core.finding import Finding


class Overlap:
    """One channel's findings that text to come may still overlap. Findings come in order of their start."""

    __slots__ = ("_kept",)

    def __init__(self) -> None:
        self._kept: list[Finding] = []

    def settle(self, sure: list[Finding], judged: list[Finding]) -> list[Finding]:
        """Those of the next findings that stay, in order. None of them begins before an earlier one."""
        judged.sort(key=lambda f: (f.start, -f.end, -f.score))
        first = min((f.start for f in (*sure, *judged)), default=0)
        kept = [f for f in self._kept if f.end > first] + sure
        stays = []
        for finding in judged:
            if not any(_covers(one, finding) for one in kept):
                kept.append(finding)
                stays.append(finding)
        self._kept = kept
        return sorted((*sure, *stays), key=lambda f: (f.start, -f.end))


def _covers(one: Finding, other: Finding) -> bool:
    return one.type == other.type and one.start <= other.start and other.end <= one.end and other.score <= one.score
