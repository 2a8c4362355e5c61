"""The plan: what a decision means for one direction of one exchange."""

import enum
from collections.abc import Mapping
from typing import TypeVar

import msgspec

from guard.core.action import Action
from guard.core.finding import Finding
from guard.core.taxonomy import group_of

_T = TypeVar("_T")


class FailureMode(enum.Enum):
    """What happens when an engine gives no verdict: `block` (the default) or `release` unseen, visibly."""

    BLOCK = "block"
    RELEASE = "release"


class Plan(msgspec.Struct, frozen=True):
    """How findings are acted on.

    `actions` is keyed by finding type, by group (`pii.direct`; `pii` covers all `pii.…`), or by `*`; the most specific
    key wins. A type that nothing covers is `allow`ed: what must not pass has to be named, and `*` names everything.
    `thresholds` (same keys) are the least score that counts. `engines` are those whose verdict text waits for.
    """

    actions: Mapping[str, Action]
    thresholds: Mapping[str, float] = {}
    hold_chars: int = 16_384
    on_failure: FailureMode = FailureMode.BLOCK
    engines: tuple[str, ...] = ("pattern",)

    def action(self, finding: Finding) -> Action:
        """The action for a finding; `allow` below its threshold."""
        if self.thresholds and finding.score < (_lookup(self.thresholds, finding.type) or 0.0):
            return Action.ALLOW
        found = _lookup(self.actions, finding.type)
        return Action.ALLOW if found is None else found


def _lookup(table: Mapping[str, _T], type_: str) -> _T | None:
    if type_ in table:
        return table[type_]
    group = group_of(type_)
    if group in table:
        return table[group]
    family = group.partition(".")[0]
    return table.get(family, table.get("*"))
