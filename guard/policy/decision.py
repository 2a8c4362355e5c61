"""From what Rego answered on a request to a decision. What is not understood is an error, never a default."""

import re
from typing import Final

from guard.core.action import Action
from guard.core.decision import Decision, Parameters, Route, TokenLimits
from guard.core.plan import FailureMode, ReleaseMode
from guard.core.style import Style
from guard.core.taxonomy import CLASSIFIERS, GROUPS
from guard.errors import PolicyError
from guard.policy.strictest import UNSAID, join
from guard.policy.word import (
    Parse,
    approval,
    cure,
    denials,
    fields,
    items,
    labels,
    number,
    quoted,
    scalar,
    text,
    texts,
    whole,
    word,
)

_TYPE: Final = re.compile(r"[A-Z][A-Z0-9_]*")
_ACTIONS: Final = {action.word: action for action in Action}
_FAILURES: Final = {mode.value: mode for mode in FailureMode}
_RELEASES: Final = {mode.value: mode for mode in ReleaseMode}
_STYLES: Final = {style.value: style for style in Style}
_SCOPES: Final = GROUPS | {group.partition(".")[0] for group in GROUPS} | {"*"}
_HOLD_LIMIT: Final = 1_048_576
_MOST_TOKENS: Final = 2**31 - 1
_NEEDED: Final = frozenset({"model", "messages", "prompt", "input", "stream", "stream_options"})
"""Members that no rule may set: what a request is, and where it goes. `route` says the latter."""


def parse_decision(answer: object, generation: str) -> Decision:
    """A decision from the value of `data.guard.request`. Raises PolicyError that names the key and the cure."""
    found = fields("the decision", answer, _FIELDS | {"packs": _packs})
    packs: dict[str, Decision] = found.pop("packs", {})  # type: ignore[assignment]
    own = Decision(**found, generation=generation)  # type: ignore[arg-type]  # _FIELDS gives each key its type
    return join(own, packs) if packs else own


def _packs(key: str, value: object) -> dict[str, Decision]:
    return {name: _pack(name, item) for name, item in items(key, value)}


def _pack(name: str, value: object) -> Decision:
    found = fields(f"the pack {quoted(name)}", value, _OF_PACKS)
    return Decision(**{**UNSAID, **found})  # type: ignore[arg-type]


def parse_action(key: str, value: object) -> Action:
    """`allow`, `flag`, `redact` or `block`."""
    return word(key, value, _ACTIONS)


def _actions(key: str, value: object) -> dict[str, Action]:
    return {_scope(key, scope): parse_action(key, action) for scope, action in items(key, value)}


def _styles(key: str, value: object) -> dict[str, Style]:
    return {_scope(key, scope): word(key, style, _STYLES) for scope, style in items(key, value)}


def _thresholds(key: str, value: object) -> dict[str, float]:
    return {_scope(key, scope): _score(key, score) for scope, score in items(key, value)}


def _chars(key: str, value: object) -> int:
    return whole(key, value, 1, _HOLD_LIMIT)


def _release(key: str, value: object) -> ReleaseMode:
    return word(key, value, _RELEASES)


def _classifiers(key: str, value: object) -> tuple[str, ...]:
    names = texts(key, value)
    if unknown := next((name for name in names if name not in CLASSIFIERS), None):
        raise PolicyError(f"policy: {key} has an unknown name {quoted(unknown)}: {cure(unknown, CLASSIFIERS)}")
    return names


def _on_failure(key: str, value: object) -> FailureMode:
    return word(key, value, _FAILURES)


def _route(key: str, value: object) -> Route:
    return Route(**fields(key, value, {"backend": text, "model": text}))  # type: ignore[arg-type]


def _limits(key: str, value: object) -> TokenLimits:
    table: dict[str, Parse] = {"max_tokens": _tokens, "tokens_per_s": _speed, "thinking_tokens": _tokens}
    return TokenLimits(**fields(key, value, table))  # type: ignore[arg-type]


def _parameters(key: str, value: object) -> Parameters:
    table: dict[str, Parse] = {"allow": texts, "force": _forced, "max": _most}
    return Parameters(**fields(key, value, table))  # type: ignore[arg-type]


def _forced(key: str, value: object) -> dict[str, object]:
    return {_settable(key, name): scalar(f"a value in {key}", item) for name, item in items(key, value)}


def _most(key: str, value: object) -> dict[str, float]:
    return {_settable(key, name): number(key, item) for name, item in items(key, value)}


def _settable(key: str, name: str) -> str:
    if name in _NEEDED:
        raise PolicyError(f"policy: {key} names {quoted(name)}, which is not a parameter: use `route`, or leave it out")
    return name


def _tokens(key: str, value: object) -> int:
    return whole(key, value, 0 if key == "thinking_tokens" else 1, _MOST_TOKENS)


def _speed(key: str, value: object) -> float:
    if not 0 < (found := number(key, value)) <= _MOST_TOKENS:
        raise PolicyError(f"policy: {key} is not a number above 0: correct it")
    return float(found)


def _scope(key: str, scope: str) -> str:
    if scope in _SCOPES or _TYPE.fullmatch(scope):
        return scope
    raise PolicyError(f"policy: {key} names no finding type or group {quoted(scope)}: {cure(scope, _SCOPES)}")


def _score(key: str, score: object) -> float:
    if isinstance(score, bool) or not isinstance(score, int | float) or not 0 <= score <= 1:
        raise PolicyError(f"policy: a score in {key} is not a number from 0 to 1: correct it")
    return float(score)


_FIELDS: Final[dict[str, Parse]] = {
    "deny": denials,
    "actions": _actions,
    "prompt_actions": _actions,
    "answer_actions": _actions,
    "styles": _styles,
    "prompt_styles": _styles,
    "answer_styles": _styles,
    "thresholds": _thresholds,
    "members": texts,
    "hold_chars": _chars,
    "tool_hold_chars": _chars,
    "release": _release,
    "ahead_chars": _chars,
    "classifiers": _classifiers,
    "on_failure": _on_failure,
    "labels": labels,
    "route": _route,
    "limits": _limits,
    "parameters": _parameters,
    "require_approval": approval,
}
_OF_PACKS: Final = {key: parse for key, parse in _FIELDS.items() if key != "members"}
"""What may smuggle is the operator's to allow."""
