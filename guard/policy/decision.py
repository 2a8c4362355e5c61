"""From what Rego answered to a decision. What is not understood is an error, never a default.

Errors name the key and the nearest valid word, for the operator who writes the policy; a word that does not look like
one is not quoted, since a policy may have built it from a client's request.
"""

import difflib
import re
from collections.abc import Callable, Collection, Iterator
from typing import Final, TypeVar

from guard.core.action import Action
from guard.core.decision import Decision, Denial
from guard.core.plan import FailureMode, ReleaseMode
from guard.core.style import Style
from guard.core.taxonomy import CLASSIFIERS, GROUPS
from guard.errors import PolicyError

_T = TypeVar("_T")

_WORD: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
_CODE: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")
_TYPE: Final = re.compile(r"[A-Z][A-Z0-9_]*")
_ACTIONS: Final = {action.word: action for action in Action}
_FAILURES: Final = {mode.value: mode for mode in FailureMode}
_RELEASES: Final = {mode.value: mode for mode in ReleaseMode}
_STYLES: Final = {style.value: style for style in Style}
_SCOPES: Final = GROUPS | {group.partition(".")[0] for group in GROUPS} | {"*"}
_HOLD_LIMIT: Final = 1_048_576
_DENIED: Final = "policy_denied"
_REASON: Final = "the policy denies this request"


def parse_decision(answer: object, generation: str) -> Decision:
    """A decision from the value of `data.guard.request`. Raises PolicyError that names the key and the cure."""
    fields: dict[str, object] = {"generation": generation}
    for key, value in _items("the decision", answer):
        parse = _FIELDS.get(key)
        if parse is None:
            raise PolicyError(f"policy: unknown decision key {_quoted(key)}: {_cure(key, _FIELDS)}")
        fields[key] = parse(key, value)
    return Decision(**fields)  # type: ignore[arg-type]  # _FIELDS gives each key its type


def _denials(key: str, value: object) -> tuple[Denial, ...]:
    return tuple(_denial(key, item) for item in _list(key, value))


def _denial(key: str, item: object) -> Denial:
    if isinstance(item, str):
        return Denial(_DENIED, item or _REASON)
    parts = dict(_items(key, item))
    code, message = parts.pop("code", _DENIED), parts.pop("message", _REASON)
    if parts:
        raise PolicyError(f"policy: an item of {key} has more than code and message: remove the rest")
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        raise PolicyError(f"policy: a code in {key} is not a word: use lower case letters, digits and _")
    return Denial(code, _text(f"a message in {key}", message) or _REASON)


def _actions(key: str, value: object) -> dict[str, Action]:
    return {_scope(key, scope): _word(key, word, _ACTIONS) for scope, word in _items(key, value)}


def _styles(key: str, value: object) -> dict[str, Style]:
    return {_scope(key, scope): _word(key, word, _STYLES) for scope, word in _items(key, value)}


def _thresholds(key: str, value: object) -> dict[str, float]:
    return {_scope(key, scope): _score(key, score) for scope, score in _items(key, value)}


def _labels(key: str, value: object) -> dict[str, str]:
    return {name: _text(f"a value in {key}", text) for name, text in _items(key, value)}


def _members(key: str, value: object) -> tuple[str, ...]:
    return tuple(_text(f"an item of {key}", item) for item in _list(key, value))


def _chars(key: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _HOLD_LIMIT:
        raise PolicyError(f"policy: {key} is not a whole number from 1 to {_HOLD_LIMIT}: correct it")
    return value


def _release(key: str, value: object) -> ReleaseMode:
    return _word(key, value, _RELEASES)


def _classifiers(key: str, value: object) -> tuple[str, ...]:
    names = tuple(_text(f"an item of {key}", item) for item in _list(key, value))
    if unknown := next((name for name in names if name not in CLASSIFIERS), None):
        raise PolicyError(f"policy: {key} has an unknown name {_quoted(unknown)}: {_cure(unknown, CLASSIFIERS)}")
    return names


def _on_failure(key: str, value: object) -> FailureMode:
    return _word(key, value, _FAILURES)


def _scope(key: str, scope: str) -> str:
    if scope in _SCOPES or _TYPE.fullmatch(scope):
        return scope
    raise PolicyError(f"policy: {key} names no finding type or group {_quoted(scope)}: {_cure(scope, _SCOPES)}")


def _score(key: str, score: object) -> float:
    if isinstance(score, bool) or not isinstance(score, int | float) or not 0 <= score <= 1:
        raise PolicyError(f"policy: a score in {key} is not a number from 0 to 1: correct it")
    return float(score)


def _word(key: str, word: object, table: dict[str, _T]) -> _T:
    if isinstance(word, str) and word in table:
        return table[word]
    raise PolicyError(f"policy: {key} has an unknown word {_quoted(word)}: {_cure(word, table)}")


def _items(key: str, value: object) -> Iterator[tuple[str, object]]:
    if not isinstance(value, dict):
        raise PolicyError(f"policy: {key} is not an object: write {{…}} with a value for each key")
    yield from value.items()


def _list(key: str, value: object) -> list[object]:
    if not isinstance(value, list):
        raise PolicyError(f"policy: {key} is not a set or an array: define it with `contains`, or write […]")
    return value


def _text(what: str, value: object) -> str:
    if not isinstance(value, str):
        raise PolicyError(f"policy: {what} is not a string: correct it")
    return value


def _quoted(word: object) -> str:
    return f"`{word}`" if isinstance(word, str) and _WORD.fullmatch(word) else "(not a word)"


def _cure(word: object, known: Collection[str]) -> str:
    near = difflib.get_close_matches(word, known, n=1) if isinstance(word, str) else []
    return f"did you mean `{near[0]}`?" if near else f"use one of {', '.join(sorted(known))}"


_FIELDS: Final[dict[str, Callable[[str, object], object]]] = {
    "deny": _denials,
    "actions": _actions,
    "prompt_actions": _actions,
    "answer_actions": _actions,
    "styles": _styles,
    "prompt_styles": _styles,
    "answer_styles": _styles,
    "thresholds": _thresholds,
    "members": _members,
    "hold_chars": _chars,
    "release": _release,
    "ahead_chars": _chars,
    "classifiers": _classifiers,
    "on_failure": _on_failure,
    "labels": _labels,
}
