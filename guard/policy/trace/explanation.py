"""Why a recorded decision came out as it did: the policies at hand are asked again for what was asked then.

The rules that are named are those of the policies at hand. If these are of another generation, or answer otherwise than
was recorded, the explanation says so. What the record does not keep (texts, what a mask erased) is not there.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from guard.core.decision_json import decision_json
from guard.core.record import RecordedDecision
from guard.errors import ConfigError
from guard.policy.point import POINTS, UNDEFINED, points_defined
from guard.policy.source import Source
from guard.policy.trace.evaluation import Evaluation, evaluate


class Difference(msgspec.Struct, frozen=True):
    """A key of the decision that has another value now. Values are JSON; empty where there is none."""

    key: str
    recorded: str
    now: str


class Explanation(msgspec.Struct, frozen=True):
    """One recorded decision, and what the policies at hand (`generation`) make of it."""

    decision: RecordedDecision
    generation: str
    evaluation: Evaluation
    differences: tuple[Difference, ...]


def explain(source: Source, decision: RecordedDecision) -> Explanation:
    """Asks again. Raises ConfigError if the policies do not compile or the record is about no entry point."""
    point = next((point for point in POINTS if point.name == decision.point), None)
    if point is None:
        raise ConfigError(
            f"the record is about data.guard.{decision.point}, which Guard does not ask for: choose another"
        )
    if point.name in points_defined(source.modules):
        evaluation = evaluate(source, point, msgspec.json.decode(decision.facts))
    else:
        refused = point.refuse(UNDEFINED, source.generation)
        evaluation = Evaluation(refused, False, "", (), (f"the policy has no rule data.guard.{point.name} any more",))
    return Explanation(decision, source.generation, evaluation, tuple(_differences(decision, evaluation)))


def _differences(decision: RecordedDecision, evaluation: Evaluation) -> Iterator[Difference]:
    before = _members(decision.result)
    now = _members(b"" if evaluation.decision is None else decision_json(evaluation.decision))
    if (before is None) != (now is None):
        yield Difference("", decision.error or "a decision", evaluation.error or "a decision")
        return
    for key in sorted({*(before or ()), *(now or ())}):
        one, other = _spelled(before or {}, key), _spelled(now or {}, key)
        if one != other:
            yield Difference(key, one, other)


def _members(decision: bytes) -> dict[str, Any] | None:
    return msgspec.json.decode(decision, type=dict[str, Any]) if decision else None


def _spelled(decision: dict[str, Any], key: str) -> str:
    """A value as JSON that is the same for the same decision: denials come from a set."""
    if key not in decision:
        return ""
    value = decision[key]
    ordered = sorted(value, key=msgspec.json.encode) if isinstance(value, list) else value
    return msgspec.json.encode(ordered, order="deterministic").decode()
