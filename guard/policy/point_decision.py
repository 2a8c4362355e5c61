"""From what Rego answered on what is no request to decisions: a tool call, a finding in an answer, an admin's act."""

import re
from typing import Final

from guard.core.point_decision import AdminDecision, AnswerDecision, Bound, ToolDecision
from guard.errors import PolicyError
from guard.policy.decision import parse_action
from guard.policy.strictest_tool import join_tool
from guard.policy.word import Parse, approval, denials, fields, flag, items, labels, number, quoted, scalars, texts

_PATH: Final = re.compile(r"\$(?:\.[^.\[\]]+|\[(?:\d{1,6}|\*)\])*")


def parse_tool(answer: object, generation: str) -> ToolDecision:
    """From the value of `data.guard.tool`. Raises PolicyError that names the key and the cure."""
    found = fields("the tool decision", answer, _TOOL | {"packs": _tool_packs})
    packs: dict[str, ToolDecision] = found.pop("packs", {})  # type: ignore[assignment]
    return join_tool(ToolDecision(**found, generation=generation), packs)  # type: ignore[arg-type]


def _tool_packs(key: str, value: object) -> dict[str, ToolDecision]:
    return {name: ToolDecision(**fields(f"the pack {quoted(name)}", item, _TOOL)) for name, item in items(key, value)}  # type: ignore[arg-type]


def parse_answer(answer: object, generation: str) -> AnswerDecision:
    """From the value of `data.guard.response`. Raises PolicyError that names the key and the cure."""
    found = fields("the response decision", answer, {"action": parse_action, "labels": labels})
    return AnswerDecision(**found, generation=generation)  # type: ignore[arg-type]


def parse_admin(answer: object, generation: str) -> AdminDecision:
    """From the value of `data.guard.admin`. Raises PolicyError that names the key and the cure."""
    found = fields("the admin decision", answer, {"allow": flag, "deny": denials})
    return AdminDecision(**found, generation=generation)  # type: ignore[arg-type]


def _paths(key: str, value: object) -> tuple[str, ...]:
    return tuple(_path(key, path) for path in texts(key, value))


def _path(key: str, path: str) -> str:
    if _PATH.fullmatch(path):
        return path
    raise PolicyError(f"policy: {key} has what is no path: write $.name, $.list[0] or $.list[*].name")


def _bounds(key: str, value: object) -> dict[str, Bound]:
    return {_path(key, path): _bound(key, bound) for path, bound in items(key, value)}


def _bound(key: str, value: object) -> Bound:
    bound = Bound(**fields(f"a bound in {key}", value, _BOUND))  # type: ignore[arg-type]
    if bound.min is not None and bound.max is not None and bound.min > bound.max:
        raise PolicyError(f"policy: a bound in {key} has a min above its max: correct one of them")
    return bound


_BOUND: Final[dict[str, Parse]] = {
    "min": number,
    "max": number,
    "one_of": scalars,
    "prefixes": texts,
    "hosts": texts,
    "clamp": flag,
}
_TOOL: Final[dict[str, Parse]] = {
    "deny": denials,
    "require_approval": approval,
    "redact": _paths,
    "bounds": _bounds,
    "labels": labels,
}
