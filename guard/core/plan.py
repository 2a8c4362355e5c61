"""The plan: what a decision means for one direction of one exchange."""

import enum
from collections.abc import Mapping
from typing import TypeVar

import msgspec

from guard.core.action import Action
from guard.core.finding import Finding
from guard.core.style import Style
from guard.core.taxonomy import CLASSIFIERS, group_of

_T = TypeVar("_T")


class FailureMode(enum.Enum):
    """What happens when an engine gives no verdict: `block` (the default) or `release` unseen, visibly."""

    BLOCK = "block"
    RELEASE = "release"


class ReleaseMode(enum.Enum):
    """Whether text waits for engines that answer later: `held` (the default), or `optimistic`, a bounded way ahead."""

    HELD = "held"
    OPTIMISTIC = "optimistic"


class Plan(msgspec.Struct, frozen=True):
    """How findings are acted on.

    `actions` is keyed by finding type, by group (`pii.direct`; `pii` covers all `pii.…`), or by `*`; the most specific
    key wins. A type that nothing covers is `allow`ed: what must not pass has to be named, and `*` names everything.
    `thresholds` (same keys) are the least score that counts; where none is given, the finding's own holds. `styles`
    (same keys) say how redacted text is written anew: `mask` where nothing is said. `engines` are those whose verdict
    text waits for; `deferred` are those of them that answer later and that text may outrun, by `ahead_chars`.
    `classifiers` are those whose findings count, None for all. `tool_hold_chars` are the characters of tool calls that
    may await the policy's word in one answer.
    """

    actions: Mapping[str, Action]
    thresholds: Mapping[str, float] = {}
    styles: Mapping[str, Style] = {}
    hold_chars: int = 16_384
    on_failure: FailureMode = FailureMode.BLOCK
    engines: tuple[str, ...] = ("pattern",)
    deferred: tuple[str, ...] = ()
    ahead_chars: int = 0
    classifiers: tuple[str, ...] | None = None
    tool_hold_chars: int = 262_144

    def action(self, finding: Finding) -> Action:
        """The action for a finding; `allow` for one that does not count."""
        if not self.counts(finding):
            return Action.ALLOW
        if finding.decided is not None:
            return finding.decided
        found = look_up(self.actions, finding.type)
        return Action.ALLOW if found is None else found

    def style(self, finding: Finding) -> Style:
        """How text that is redacted for this finding is written anew."""
        return (look_up(self.styles, finding.type) if self.styles else None) or Style.MASK

    def counts(self, finding: Finding) -> bool:
        """Whether its score reaches the threshold, and the classifier that gave it, if one did, is one that counts."""
        if self.classifiers is not None and finding.engine in CLASSIFIERS and finding.engine not in self.classifiers:
            return False
        least = look_up(self.thresholds, finding.type) if self.thresholds else None
        return finding.score >= (finding.threshold if least is None else least)


def look_up(table: Mapping[str, _T], type_: str) -> _T | None:
    """What the most specific key says of a finding type, or of a group; None if no key covers it."""
    if type_ in table:
        return table[type_]
    group = group_of(type_)
    if group in table:
        return table[group]
    family = group.partition(".")[0]
    return table.get(family, table.get("*"))
