"""Schemas of tools: what they say of arguments, as far as they are judged, and an end to the work."""

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.runtime.tool.schema import MOST_STEPS, fits

MAIL = {
    "type": "object",
    "properties": {
        "to": {"type": "array", "items": {"type": "string", "minLength": 3}, "minItems": 1},
        "subject": {"type": ["string", "null"], "maxLength": 8},
        "priority": {"enum": ["low", "high", 1]},
    },
    "required": ["to"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"to": ["ann"]}, True),
        ({"to": ["ann"], "subject": None, "priority": 1.0}, True),
        ({}, False),
        ({"to": []}, False),
        ({"to": ["a"]}, False),
        ({"to": "ann"}, False),
        ({"to": ["ann"], "subject": "much too long"}, False),
        ({"to": ["ann"], "priority": True}, False),
        ({"to": ["ann"], "cc": "eve"}, False),
        ([], False),
    ],
)
def test_a_tools_schema(value: Any, expected: bool) -> None:
    assert fits(value, MAIL) == expected


@pytest.mark.parametrize("schema", [None, 7, "object", [], {"type": 7}, {"required": 7}, {"$ref": "http://a/b"}])
def test_what_is_no_schema_fits_nothing(schema: Any) -> None:
    assert not fits({"a": 1}, schema)


def test_references_within_the_schema_are_followed() -> None:
    tree = {"$defs": {"n": {"type": "object", "properties": {"next": {"$ref": "#/$defs/n"}}}}, "$ref": "#/$defs/n"}
    assert fits({"next": {"next": {}}}, tree)
    assert not fits({"next": {"next": 1}}, tree)


def test_a_schema_that_takes_for_ever_fits_nothing() -> None:
    doubling = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(40)}
    assert not fits(1, {"$defs": {**doubling, "d40": True}, "$ref": "#/$defs/d0"})
    assert not fits(1, {"$ref": "#"})
    assert not fits([[n] for n in range(MOST_STEPS)], {"uniqueItems": True})
    assert not fits(1, {"enum": list(range(2, MOST_STEPS + 9))})


_SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.sampled_from(["", "a", "bc"]), st.just(1.0))
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
)
_BOUND = st.integers(-2, 4)
_COUNT = st.integers(0, 3)
_LEAF = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["object", "array", "string", "number", "integer", "boolean", "null"])
        | st.lists(st.sampled_from(["string", "integer", "null"]), min_size=1, max_size=2, unique=True),
        "enum": st.lists(_VALUES, min_size=1, max_size=3),
        "const": _VALUES,
        "minimum": _BOUND,
        "maximum": _BOUND,
        "exclusiveMinimum": _BOUND,
        "exclusiveMaximum": _BOUND,
        "multipleOf": st.integers(1, 3),
        "minLength": _COUNT,
        "maxLength": _COUNT,
        "minItems": _COUNT,
        "maxItems": _COUNT,
        "uniqueItems": st.booleans(),
        "minProperties": _COUNT,
        "maxProperties": _COUNT,
        "required": st.lists(st.sampled_from("abc"), max_size=2, unique=True),
    },
)


def _nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(inner, min_size=1, max_size=2)
    nesting = st.fixed_dictionaries(
        {},
        optional={
            "properties": st.dictionaries(st.sampled_from("abc"), inner, max_size=2),
            "additionalProperties": inner | st.booleans(),
            "items": inner,
            "prefixItems": several,
            "allOf": several,
            "anyOf": several,
            "oneOf": several,
            "not": inner,
        },
    )
    return st.builds(lambda leaf, more: {**leaf, **more}, _LEAF, nesting)


@given(_VALUES, st.recursive(_LEAF, _nested, max_leaves=6))
def test_it_judges_as_the_reference_does(value: Any, schema: Any) -> None:
    assert fits(value, schema) == jsonschema.Draft202012Validator(schema).is_valid(value), json.dumps([value, schema])
