"""Rules and expressions are told apart by their text, with their lines."""

import pytest

from guard.policy.outline import outline

BODY = [
    ("x if input.a", [1]),
    ("x if {\n\tinput.a\n\n\tinput.b; input.c\n}", [2, 4, 4]),
    ("x if {\n\ta :=\n\t\tinput.a\n\ta == 1\n}", [2, 4]),
    ("x if {\n\ta := input.a\n\t\t+ 1\n}", [2]),
    ("x if {\n\ty with input.a as 1\n\t\twith input.b as 2\n}", [2]),
    ("x if {\n\tsome i\n\tinput.a[i]\n}", [3]),
    ("x if {\n\tsome i in input.a\n\ti > 1\n}", [2, 3]),
    ("x if {\n\tevery a in {1, 2} {\n\t\ta > 1\n\t\ta < 3\n\t}\n\tinput.b\n}", [2, 3, 4, 6]),
    ("x := [a |\n\tsome a in input.a\n\ta > 1\n]", [2, 3]),
    ('x := {\n\t"a": [b | some b in input.b],\n\t"c": 1,\n}', [2]),
    ("x if {\n\tcount({a |\n\t\tsome a in input.a\n\t}) > 1\n}", [2, 3]),
    ("x := (a | b)", []),
    ("x contains y if some y in input.a", [1]),
    ('x if {\n\t# input.z\n\tinput.a == "# } {" # {\n\tinput.b == `{\n`\n}', [3, 4]),
    ("x if not input.a", [1]),
    ('x := {"if": 1}', []),
]


@pytest.mark.parametrize(("text", "lines"), BODY)
def test_expressions_are_found_where_they_begin(text: str, lines: list[int]) -> None:
    (rule,) = outline(text).rules

    assert [expression.line for expression in rule.expressions] == lines


HEADS = [
    ("package a.b\n\nimport data.c\n\nx := 1", [("x", 5, 5)]),
    ("x := 1 if {\n\ta\n} else := 2 if {\n\tb\n}\nelse := 3", [("x", 1, 3), ("x", 3, 5), ("x", 6, 6)]),
    ("default x := {\n\t1,\n}\n\nx := 2", [("x", 1, 3), ("x", 5, 5)]),
    ("default(x) := 1", [("default", 1, 1)]),
    ("f(a, b) := a if b", [("f", 1, 1)]),
    ("x[a] := b if some a, b in c", [("x", 1, 1)]),
    ('x.y["z"] contains a if b', [("x.y", 1, 1)]),
    ('x contains {\n\t"a": 1,\n} if {\n\tb\n}\n\ny if z', [("x", 1, 5), ("y", 7, 7)]),
    ("# x := 1\n\n\n\ny := `\n\n`\nz := 1", [("y", 5, 7), ("z", 8, 8)]),
    ("x\ny", [("x", 1, 1), ("y", 2, 2)]),
]


@pytest.mark.parametrize(("text", "rules"), HEADS)
def test_rules_are_found_with_their_first_and_last_line(text: str, rules: list[tuple[str, int, int]]) -> None:
    assert [(rule.name, rule.line, rule.end) for rule in outline(text).rules] == rules


def test_the_package_is_found() -> None:
    assert outline("# package no\npackage guard.sub # why\n\nx := 1").package == "guard.sub"


@pytest.mark.parametrize("text", ["", "x if {", "}}", "package", '"', "x := [a |", "`", "else", "default", ";;"])
def test_a_broken_text_is_read_as_far_as_it_goes(text: str) -> None:
    outline(text)
