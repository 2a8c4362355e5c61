"""Whether a call's arguments fit the tool's own JSON Schema, in a bounded number of steps.

Both come from strangers: the schema from a client, the arguments from a model. So there are no regular expressions, no
remote references, and an end to the work: a schema that takes more than `MOST_STEPS` is fitted by nothing. It knows
what the tools of language models are described with; `pattern`, `format` and what it does not know are not judged.
Source: JSON Schema 2020-12, https://json-schema.org/draft/2020-12/json-schema-validation
"""

import math
from collections.abc import Callable, Mapping
from typing import Any, Final

MOST_STEPS: Final = 20_000
_DEEPEST: Final = 64
_MOST_REFERENCE: Final = 256

Keyword = Callable[["_Judge", Any, Any, Mapping[str, Any], int], bool]
"""Whether a value fits a keyword's value: the judge, the value, the keyword's value, its schema, the depth."""


class _TooMuch(Exception):
    """More steps than may be taken."""


def fits(value: object, schema: object) -> bool:
    """Whether a JSON value fits. A schema that is none fits nothing."""
    try:
        return _Judge(schema).fits(value, schema, 0)
    except (_TooMuch, TypeError, ValueError, AttributeError, ArithmeticError):
        return False


class _Judge:
    """One judgement."""

    def __init__(self, root: object) -> None:
        self._root = root
        self._steps = 0

    def fits(self, value: object, schema: object, depth: int) -> bool:
        self.step()
        if depth > _DEEPEST:
            raise _TooMuch
        if isinstance(schema, bool):
            return schema
        if not isinstance(schema, dict):
            raise TypeError("a schema is an object or a boolean")
        self.step(len(schema))
        return all(
            _KEYWORDS[key](self, value, said, schema, depth + 1) for key, said in schema.items() if key in _KEYWORDS
        )

    def step(self, count: int = 1) -> None:
        """Counts work. Raises when it is too much."""
        self._steps += count
        if self._steps > MOST_STEPS:
            raise _TooMuch

    def referred(self, reference: object) -> object:
        """What a reference within the schema leads to."""
        if not isinstance(reference, str) or not reference.startswith("#") or len(reference) > _MOST_REFERENCE:
            raise ValueError("only references within the schema are followed")
        found = self._root
        for step in reference[1:].split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            if isinstance(found, dict) and name in found:
                found = found[name]
            elif isinstance(found, list) and name.isdigit() and int(name) < len(found):
                found = found[int(name)]
            else:
                raise ValueError("a reference leads nowhere")
        return found


def _same(judge: _Judge, one: object, other: object) -> bool:
    """Equal as JSON values: 1 is 1.0, and true is neither."""
    judge.step()
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(_same(judge, a, b) for a, b in zip(one, other, strict=True))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(judge, one[name], other[name]) for name in one)
    return one == other


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_TYPES: Final[Mapping[str, Callable[[object], bool]]] = {
    "null": lambda value: value is None,
    "boolean": lambda value: isinstance(value, bool),
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "number": _is_number,
    "integer": lambda value: _is_number(value) and float(value).is_integer(),  # type: ignore[arg-type]  # a number
}


def _type(_judge: _Judge, value: object, said: object, _schema: Mapping[str, Any], _depth: int) -> bool:
    names = said if isinstance(said, list) else [said]
    return any(_TYPES[str(name)](value) for name in names if str(name) in _TYPES)


def _enum(judge: _Judge, value: object, said: list[object], _schema: Mapping[str, Any], _depth: int) -> bool:
    return any(_same(judge, value, one) for one in said)


def _properties(
    judge: _Judge, value: object, said: Mapping[str, object], _schema: Mapping[str, Any], depth: int
) -> bool:
    if not isinstance(value, dict):
        return True
    judge.step(len(said))
    return all(judge.fits(value[name], schema, depth) for name, schema in said.items() if name in value)


def _additional(judge: _Judge, value: object, said: object, schema: Mapping[str, Any], depth: int) -> bool:
    if not isinstance(value, dict) or "patternProperties" in schema:
        return True  # Which members are additional would take regular expressions.
    known = schema.get("properties", {})
    judge.step(len(value))
    return all(judge.fits(member, said, depth) for name, member in value.items() if name not in known)


def _required(judge: _Judge, value: object, said: list[str], _schema: Mapping[str, Any], _depth: int) -> bool:
    judge.step(len(said))
    return not isinstance(value, dict) or all(name in value for name in said)


def _items(judge: _Judge, value: object, said: object, schema: Mapping[str, Any], depth: int) -> bool:
    if not isinstance(value, list):
        return True
    if isinstance(said, list):  # The form of older drafts.
        return all(judge.fits(item, one, depth) for item, one in zip(value, said, strict=False))
    first = len(schema.get("prefixItems", ()))
    return all(judge.fits(item, said, depth) for item in value[first:])


def _prefix(judge: _Judge, value: object, said: list[object], _schema: Mapping[str, Any], depth: int) -> bool:
    return not isinstance(value, list) or all(judge.fits(v, s, depth) for v, s in zip(value, said, strict=False))


def _unique(judge: _Judge, value: object, said: object, _schema: Mapping[str, Any], _depth: int) -> bool:
    if said is not True or not isinstance(value, list):
        return True
    return not any(_same(judge, one, other) for place, one in enumerate(value) for other in value[:place])


def _all_of(judge: _Judge, value: object, said: list[object], _schema: Mapping[str, Any], depth: int) -> bool:
    return all(judge.fits(value, one, depth) for one in said)


def _any_of(judge: _Judge, value: object, said: list[object], _schema: Mapping[str, Any], depth: int) -> bool:
    return any(judge.fits(value, one, depth) for one in said)


def _one_of(judge: _Judge, value: object, said: list[object], _schema: Mapping[str, Any], depth: int) -> bool:
    return sum(judge.fits(value, one, depth) for one in said) == 1


def _not(judge: _Judge, value: object, said: object, _schema: Mapping[str, Any], depth: int) -> bool:
    return not judge.fits(value, said, depth)


def _ref(judge: _Judge, value: object, said: object, _schema: Mapping[str, Any], depth: int) -> bool:
    return judge.fits(value, judge.referred(said), depth)


def _compared(of: type | tuple[type, ...], holds: Callable[[Any, Any], bool]) -> Keyword:
    """A keyword that compares values of one kind, and holds for all others."""

    def keyword(judge: _Judge, value: object, said: object, _schema: Mapping[str, Any], _depth: int) -> bool:
        judge.step()
        return isinstance(value, bool) or not isinstance(value, of) or holds(value, said)

    return keyword


_NUMBER: Final = (int, float)
_KEYWORDS: Final[Mapping[str, Keyword]] = {
    "type": _type,
    "enum": _enum,
    "const": lambda judge, value, said, _schema, _depth: _same(judge, value, said),
    "properties": _properties,
    "additionalProperties": _additional,
    "required": _required,
    "items": _items,
    "prefixItems": _prefix,
    "uniqueItems": _unique,
    "allOf": _all_of,
    "anyOf": _any_of,
    "oneOf": _one_of,
    "not": _not,
    "$ref": _ref,
    "minimum": _compared(_NUMBER, lambda value, said: value >= said),
    "maximum": _compared(_NUMBER, lambda value, said: value <= said),
    "exclusiveMinimum": _compared(_NUMBER, lambda value, said: value > said),
    "exclusiveMaximum": _compared(_NUMBER, lambda value, said: value < said),
    "multipleOf": _compared(_NUMBER, lambda value, said: math.isclose(value / said, round(value / said), abs_tol=1e-9)),
    "minLength": _compared(str, lambda value, said: len(value) >= said),
    "maxLength": _compared(str, lambda value, said: len(value) <= said),
    "minItems": _compared(list, lambda value, said: len(value) >= said),
    "maxItems": _compared(list, lambda value, said: len(value) <= said),
    "minProperties": _compared(dict, lambda value, said: len(value) >= said),
    "maxProperties": _compared(dict, lambda value, said: len(value) <= said),
}
