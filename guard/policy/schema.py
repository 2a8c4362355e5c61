"""JSON Schemas of what Guard sends to a policy and of what it takes from one, made from the types that it uses.

With them `opa check --strict --schema` refuses a misspelt field of the input, or a number compared with a string. They
are in the part of JSON Schema (draft 2020-12) that OPA reads: https://www.openpolicyagent.org/docs/policy-language#schemas
"""

import inspect
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from guard.policy.decision_form import FORMS
from guard.policy.point import POINTS

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_ANY: Final = {"description": "Any JSON value."}
_UNION: Final = "input"


def input_schemas() -> Mapping[str, bytes]:
    """By entry point, the schema of its `input`; under `input` that of all four, for packages that serve several."""
    facts = {point.name: point.facts for point in POINTS}
    each = {name: _written(_sent(_schema([kind]))) for name, kind in facts.items()}
    return {**each, _UNION: _written(_sent(_schema(tuple(facts.values()))))}


def decision_schemas() -> Mapping[str, bytes]:
    """By entry point, the schema of what it may be defined as."""
    return {name: _written(_schema([form])) for name, form in FORMS.items()}


def _schema(kinds: Sequence[Any]) -> dict[str, Any]:
    tops, parts = msgspec.json.schema_components(kinds, schema_hook=_any, ref_template="#/$defs/{name}")
    top = tops[0] if len(tops) == 1 else {"anyOf": list(tops)}
    schema: dict[str, Any] = _plain({"$schema": _DIALECT, **top, "$defs": dict(sorted(parts.items()))})
    return schema


def _any(_kind: object) -> dict[str, Any]:
    """A tool's arguments and its schema are whatever they are."""
    return dict(_ANY)


def _plain(node: Any) -> Any:
    """Without defaults, which say nothing of what is sent or taken; with descriptions on lines of their own."""
    if isinstance(node, list):
        return [_plain(item) for item in node]
    if not isinstance(node, dict):
        return node
    # A property may be called `default`, too: those of `properties` are names, not words of the schema language.
    plain: dict[str, Any] = {
        key: _properties(value) if key == "properties" else _plain(value) for key, value in node.items()
    }
    plain.pop("default", None)
    if isinstance(text := plain.get("description"), str):
        plain["description"] = inspect.cleandoc(text)
    return plain


def _properties(named: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _plain(value) for name, value in named.items()}


def _sent(schema: dict[str, Any]) -> dict[str, Any]:
    """Of what Guard sends, every member is always there, and there is no other."""
    for part in schema["$defs"].values():
        part["required"] = list(part["properties"])
        part["additionalProperties"] = False
    return schema


def _written(schema: Mapping[str, Any]) -> bytes:
    return msgspec.json.format(msgspec.json.encode(schema), indent=2) + b"\n"
