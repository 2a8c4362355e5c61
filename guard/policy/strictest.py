"""Joins an operator's decision with those of the packs that take part: in each point the strictest holds.

`allow < flag < redact < block`; the lower threshold; the style that reveals less; the smaller limit; all denials. Where
nothing is stricter (two packs send a request to different backends) it is denied, and the operator is told by whom.

A table's most specific key answers for a finding type, so an exception in one table must not loosen what another says
of the whole group: each key of the joint table gets the strictest of what *each* table says of that key.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, TypeVar

import msgspec

from guard.core.action import Action
from guard.core.decision import Approval, Decision, Denial, Parameters, TokenLimits
from guard.core.facts import Scalar
from guard.core.plan import FailureMode, ReleaseMode, look_up
from guard.core.style import Style

_T = TypeVar("_T")

UNSAID: Final = {
    "release": ReleaseMode.OPTIMISTIC,
    "on_failure": FailureMode.RELEASE,
    "hold_chars": 1_048_576,
    "ahead_chars": 1_048_576,
    "classifiers": (),
}
"""What a pack that says nothing stands for: whatever it meets is at least as strict."""

_REVEALING: Final = (Style.DROP, Style.MASK, Style.HASH, Style.PLACEHOLDER, Style.SURROGATE)
"""From the one that reveals least."""


def join(own: Decision, packs: Mapping[str, Decision]) -> Decision:
    """One decision out of the operator's and the packs', which are read with `UNSAID` for what they leave out."""
    parts = [own, *packs.values()]
    return msgspec.structs.replace(
        own,
        deny=(*unique(denial for part in parts for denial in part.deny), *_disagreements(own, packs)),
        actions={},
        prompt_actions=_actions([{**part.actions, **part.prompt_actions} for part in parts]),
        answer_actions=_actions([{**part.actions, **part.answer_actions} for part in parts]),
        styles={},
        prompt_styles=_styles([{**part.styles, **part.prompt_styles} for part in parts]),
        answer_styles=_styles([{**part.styles, **part.answer_styles} for part in parts]),
        thresholds=_laid([part.thresholds for part in parts], min),
        hold_chars=min(part.hold_chars for part in parts),
        ahead_chars=min(part.ahead_chars for part in parts),
        release=ReleaseMode.HELD if any(part.release is ReleaseMode.HELD for part in parts) else ReleaseMode.OPTIMISTIC,
        on_failure=_on_failure(parts),
        classifiers=_classifiers(parts),
        labels=labels(part.labels for part in parts),
        route=next((part.route for part in reversed(parts) if part.route), None),
        limits=_limits([part.limits for part in parts]),
        parameters=_parameters([part.parameters for part in parts]),
        require_approval=approval(part.require_approval for part in parts),
    )


def unique(items: Iterable[_T]) -> tuple[_T, ...]:
    """Each once, in order."""
    return tuple(dict.fromkeys(items))


def labels(tables: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """All of them; where two have one name, the first stays."""
    found: dict[str, str] = {}
    for table in tables:
        found = {**table, **found}
    return found


def approval(asked: Iterable[Approval | None]) -> Approval | None:
    """One question for all reasons, as short as the shortest."""
    found = [one for one in asked if one]
    if not found:
        return None
    times = [one.timeout_s for one in found if one.timeout_s is not None]
    return Approval("; ".join(unique(one.reason for one in found if one.reason)), min(times, default=None))


def contradiction(names: Iterable[str], what: str) -> Denial:
    """The denial where no part is stricter than the other."""
    internal = f"{', '.join(names)} differ in {what}: leave one of them out, or make them agree"
    return Denial("packs_disagree", "the policy contradicts itself: ask the operator", internal)


def _actions(tables: Sequence[Mapping[str, Action]]) -> dict[str, Action]:
    # What a table does not cover it allows, which is weakest.
    return _laid(tables, max)


def _styles(tables: Sequence[Mapping[str, Style]]) -> dict[str, Style]:
    return _laid(tables, lambda styles: min(styles, key=_REVEALING.index))


def _laid(tables: Sequence[Mapping[str, _T]], choose: Callable[[list[_T]], _T]) -> dict[str, _T]:
    """For each key of any table, the choice among what the tables say of it; a table that says nothing has no voice."""
    joint = {}
    for key in unique(key for table in tables for key in table):
        said = [value for table in tables if (value := look_up(table, key)) is not None]
        joint[key] = choose(said)
    return joint


def _on_failure(parts: Sequence[Decision]) -> FailureMode:
    blocks = any(part.on_failure is FailureMode.BLOCK for part in parts)
    return FailureMode.BLOCK if blocks else FailureMode.RELEASE


def _classifiers(parts: Sequence[Decision]) -> tuple[str, ...] | None:
    named = [part.classifiers for part in parts if part.classifiers is not None]
    return unique(name for names in named for name in names) if len(named) == len(parts) else None


def _limits(limits: Sequence[TokenLimits]) -> TokenLimits:
    return TokenLimits(
        max_tokens=_smallest(limit.max_tokens for limit in limits),
        tokens_per_s=_smallest(limit.tokens_per_s for limit in limits),
        thinking_tokens=_smallest(limit.thinking_tokens for limit in limits),
    )


def _smallest(numbers: Iterable[_T | None]) -> _T | None:
    return min((number for number in numbers if number is not None), default=None)  # type: ignore[type-var]


def _parameters(parts: Sequence[Parameters]) -> Parameters:
    lists = [part.allow for part in parts if part.allow is not None]
    allow = tuple(name for name in lists[0] if all(name in names for names in lists)) if lists else None
    force = {name: value for part in reversed(parts) for name, value in part.force.items()}
    return Parameters(allow, force, _laid_flat([part.max for part in parts]))


def _laid_flat(tables: Sequence[Mapping[str, float]]) -> dict[str, float]:
    names = unique(name for table in tables for name in table)
    return {name: min(table[name] for table in tables if name in table) for name in names}


def _disagreements(own: Decision, packs: Mapping[str, Decision]) -> list[Denial]:
    """Packs that say what can't both be. The operator's own word yields to a pack's."""
    routes = {name: pack.route for name, pack in packs.items() if pack.route}
    found = [contradiction(routes, "route")] if len(set(routes.values())) > 1 else []
    forced: dict[str, dict[str, tuple[type, Scalar]]] = {}
    for name, pack in packs.items():
        for key, value in pack.parameters.force.items():
            forced.setdefault(key, {})[name] = (type(value), value)
    return found + [
        contradiction(said, f"parameters.force.{key}") for key, said in forced.items() if len(set(said.values())) > 1
    ]
