"""From a decision to what changes in the request beside its texts."""

from collections.abc import Mapping
from typing import Final

from guard.core.decision import Decision
from guard.core.facts import Scalar
from guard.core.prompt import Prompt
from guard.core.rewrite import INDISPENSABLE, REMOVED, Removed, Rewrite
from guard.upstream.parameter import WRITES_NOTHING, limit_members

_UNREAD: Final = ""
"""Stands for a value that is no number."""

_COUNTS_FROM: Final = {
    "max_tokens": 1,
    "max_completion_tokens": 1,
    "n_predict": 1,
    "thinking_token_budget": 0,
    "top_k": 1,
    "logprobs": 0,
    "top_logprobs": 0,
    "prompt_logprobs": 0,
    "truncate_prompt_tokens": 0,
}
"""Members of which less than this means "without limit" or "all" (vLLM, sampling parameters)."""


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
    # A list, an object or an odd text is a member, too, and a backend may yet read a number out of it.
    named = {name for name in (*prompt.names, *wanted.force) if changes.get((name,)) is not REMOVED}
    for name in named & wanted.max.keys():
        if not _within(name, asked.get(name, _UNREAD), wanted.max[name]):
            changes[(name,)] = asked[name] = wanted.max[name]
    changes.update(limit_members(kind, decision.limits, asked, dialect))
    if dialect != WRITES_NOTHING:
        changes.update(priority)
    if decision.route is not None and decision.route.model and decision.route.model != prompt.model:
        changes[("model",)] = decision.route.model
    return changes


def _within(name: str, value: Scalar, most: float) -> bool:
    """Whether it is a number up to a bound, or nothing; a string may be taken for a number by a backend, and is not."""
    if value is None:
        return True
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return _COUNTS_FROM.get(name, value) <= value <= most
