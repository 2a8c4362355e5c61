"""What a person is shown of a tool call's arguments: paths and types, never values, and no more than one can read."""

import pytest

from guard.core.approval import DEEPEST, MOST_ARGUMENTS, outline


def shapes(arguments: object) -> list[tuple[str, str]]:
    return [(shape.path, shape.type) for shape in outline(arguments, lambda text: "jane" not in text)]


OUTLINES = [
    # arguments, what is shown of them
    ({"to": "a@b.example", "amount": 3}, [("$.to", "string"), ("$.amount", "number")]),
    ({"dry": True, "note": None, "rate": 0.5}, [("$.dry", "boolean"), ("$.note", "null"), ("$.rate", "number")]),
    ({"list": [{"id": 1}, {"id": 2}, {"no": 3}]}, [("$.list[*].id", "number"), ("$.list[*].no", "number")]),
    ({"mixed": [1, "a"]}, [("$.mixed[*]", "number"), ("$.mixed[*]", "string")]),
    ({"none": [], "nothing": {}}, [("$.none", "array"), ("$.nothing", "object")]),
    ({"jane_roe": 1, "a b": 2, "x@y": 3, "x" * 65: 4}, [("$.*", "number")]),
    ({}, [("$", "object")]),
    ("text", [("$", "string")]),
]


@pytest.mark.parametrize(("arguments", "shown"), OUTLINES)
def test_paths_and_types_are_shown(arguments: object, shown: list[tuple[str, str]]) -> None:
    assert shapes(arguments) == shown


def test_an_outline_names_only_so_many_arguments() -> None:
    assert len(shapes({f"a{n}": n for n in range(500)})) == MOST_ARGUMENTS


def test_an_outline_looks_only_so_deep() -> None:
    deep: object = "bottom"
    for _ in range(200):
        deep = {"a": deep}
    assert shapes(deep) == [("$" + ".a" * DEEPEST, "object")]


def test_a_long_list_of_equal_things_is_read_in_part() -> None:
    assert shapes({"all": [*[1] * 5000, "the end"]}) == [("$.all[*]", "number")]
