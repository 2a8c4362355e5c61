"""Joins decisions on a tool call: all denials, all questions, all redactions, and the narrowest bounds."""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from guard.core.facts import Scalar
from guard.core.point_decision import Bound, ToolDecision
from guard.policy.strictest import approval, contradiction, labels, unique

_Covers = Callable[[str, str], bool]


def join_tool(own: ToolDecision, packs: Mapping[str, ToolDecision]) -> ToolDecision:
    """One decision out of the operator's and the packs'."""
    parts = [own, *packs.values()]
    bounds: dict[str, Bound] = {}
    for path in unique(path for part in parts for path in part.bounds):
        bounds[path] = _narrowest([part.bounds[path] for part in parts if path in part.bounds])
    empty = [path for path, bound in bounds.items() if _is_empty(bound)]
    return msgspec.structs.replace(
        own,
        deny=(
            *unique(denial for part in parts for denial in part.deny),
            *(contradiction(packs, f"bounds of {path}") for path in empty),
        ),
        require_approval=approval(part.require_approval for part in parts),
        redact=unique(path for part in parts for path in part.redact),
        bounds=bounds,
        labels=labels(part.labels for part in parts),
    )


def _is_empty(bound: Bound) -> bool:
    return bound.min is not None and bound.max is not None and bound.min > bound.max


def _narrowest(bounds: Sequence[Bound]) -> Bound:
    joint = bounds[0]
    for bound in bounds[1:]:
        joint = _narrower(joint, bound)
    return joint


def _narrower(one: Bound, other: Bound) -> Bound:
    return Bound(
        min=max((least for least in (one.min, other.min) if least is not None), default=None),
        max=min((most for most in (one.max, other.max) if most is not None), default=None),
        one_of=_common(one.one_of, other.one_of),
        prefixes=_covered(one.prefixes, other.prefixes, _lies_below),
        hosts=_covered(one.hosts, other.hosts, _is_covered),
        clamp=one.clamp and other.clamp,
    )


def _common(one: tuple[Scalar, ...] | None, other: tuple[Scalar, ...] | None) -> tuple[Scalar, ...] | None:
    if one is None or other is None:
        return other if one is None else one
    # In Python True == 1; in JSON they are two values.
    known = {(isinstance(value, bool), value) for value in other}
    return tuple(value for value in one if (isinstance(value, bool), value) in known)


def _covered(one: tuple[str, ...] | None, other: tuple[str, ...] | None, covers: _Covers) -> tuple[str, ...] | None:
    """What both lists cover: of each pair the narrower."""
    if one is None or other is None:
        return other if one is None else one
    narrower = [a if covers(a, b) else b for a in one for b in other if covers(a, b) or covers(b, a)]
    return unique(narrower)


def _lies_below(path: str, prefix: str) -> bool:
    return path == prefix or path.startswith(prefix.rstrip("/") + "/")


def _is_covered(host: str, by: str) -> bool:
    return host == by or (by.startswith(".") and host.endswith(by))
