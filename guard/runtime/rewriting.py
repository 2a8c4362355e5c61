"""From a decision to what changes in the request beside its texts."""

from collections.abc import Mapping

from guard.core.decision import Decision
from guard.core.facts import Scalar
from guard.core.prompt import Prompt
from guard.core.rewrite import INDISPENSABLE, REMOVED, Removed, Rewrite
from guard.upstream.parameter import WRITES_NOTHING, limit_members


def rewrite_of(
    decision: Decision,
    prompt: Prompt,
    kind: str,
    dialect: str,
    priority: Mapping[tuple[str, ...], Scalar | Removed] = {},
) -> Rewrite:
    """The changes, empty for most decisions. `kind` is the backend's, `priority` what it is told. Raises PolicyError.

    Limits go before forced values, since they bound what they are set to as well.
    """
    wanted = decision.parameters
    changes: dict[tuple[str, ...], Scalar | Removed] = {}
    if wanted.allow is not None:
        kept = INDISPENSABLE.union(wanted.allow)
        changes.update({(name,): REMOVED for name in prompt.names if name not in kept})
    changes.update({(name,): value for name, value in wanted.force.items()})
    asked: dict[str, Scalar] = {**prompt.parameters, **wanted.force}
    asked = {name: value for name, value in asked.items() if changes.get((name,)) is not REMOVED}
    for name, most in wanted.max.items():
        if name in asked and asked[name] is not None and not _within(asked[name], most):
            changes[(name,)] = asked[name] = most
    changes.update(limit_members(kind, decision.limits, asked, dialect))
    if dialect != WRITES_NOTHING:
        changes.update(priority)
    if decision.route is not None and decision.route.model and decision.route.model != prompt.model:
        changes[("model",)] = decision.route.model
    return changes


def _within(value: Scalar, most: float) -> bool:
    """Whether it is a number up to a bound; a string may be taken for a number by a backend, and is not."""
    return isinstance(value, int | float) and not isinstance(value, bool) and value <= most
