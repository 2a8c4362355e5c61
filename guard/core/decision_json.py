"""JSON for logs and records: a decision in the words of a policy without what is only the default; and sound text."""

import enum
from collections.abc import Mapping
from functools import lru_cache

import msgspec

from guard.core.action import Action
from guard.core.record import AnyDecision

_GENERATION = "generation"


def decision_json(decision: AnyDecision) -> bytes:
    """What a policy would have written for this decision; `parse_decision` and its like read it back."""
    return sound_json(_spoken(decision))


def sound_json(value: object) -> bytes:
    """Facts, entries and the like. A lone surrogate in them, which is no Unicode text, becomes `?`."""
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        return msgspec.json.encode(_sound(msgspec.to_builtins(value)))


def _sound(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_sound(name): _sound(item) for name, item in value.items()}
    if isinstance(value, tuple | list):
        return [_sound(item) for item in value]
    return value


def _spoken(value: object) -> object:
    if isinstance(value, Action):
        return value.word
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, msgspec.Struct):
        defaults = _defaults(type(value))
        told = {name: getattr(value, name) for name in value.__struct_fields__ if name != _GENERATION}
        return {name: _spoken(item) for name, item in told.items() if name not in defaults or item != defaults[name]}
    if isinstance(value, Mapping):
        return {name: _spoken(item) for name, item in value.items()}
    if isinstance(value, tuple | list):
        return [_spoken(item) for item in value]
    return value


@lru_cache(maxsize=64)
def _defaults(kind: type[msgspec.Struct]) -> Mapping[str, object]:
    """What the fields of a struct are if nobody says otherwise."""
    found: dict[str, object] = {}
    for field in msgspec.structs.fields(kind):
        if field.default is not msgspec.NODEFAULT:
            found[field.name] = field.default
        elif field.default_factory is not msgspec.NODEFAULT:
            found[field.name] = field.default_factory()
    return found
