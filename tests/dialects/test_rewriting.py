"""Members are set and removed in a request's bytes, and every other byte stays."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.core.channel import Channel
from guard.core.frame import Frame, Slot
from guard.core.rewrite import REMOVED, Rewrite
from guard.dialects import splice
from guard.dialects.rewriting import rewritten


def written(body: str, changes: Rewrite) -> str:
    return splice.render(rewritten(Frame(body.encode()), changes, 64), None).decode()


@pytest.mark.parametrize(
    ("body", "changes", "expected"),
    [
        ('{"a": 1, "b": 2}', {("a",): 5}, '{"a": 5, "b": 2}'),
        ('{"a": {"x": 1}, "b": 2}', {("a",): "y"}, '{"a": "y", "b": 2}'),
        ('{"a": 1}', {("c",): None}, '{"c":null,"a": 1}'),
        ('{"a": 1}', {("c",): True, ("d",): 0.5}, '{"c":true,"d":0.5,"a": 1}'),
        ('{"a": 1, "b" : 2, "c": 3}', {("a",): REMOVED}, '{"b" : 2, "c": 3}'),
        ('{"a": 1, "b" : 2, "c": 3}', {("b",): REMOVED}, '{"a": 1, "c": 3}'),
        ('{"a": 1, "b" : 2, "c": 3 }', {("c",): REMOVED}, '{"a": 1, "b" : 2 }'),
        ('{"a": 1, "b": 2, "c": 3, "d": 4}', {("a",): REMOVED, ("c",): REMOVED, ("d",): REMOVED}, '{"b": 2}'),
        ('{"a": 1, "b": 2}', {("b",): REMOVED, ("e",): 1}, '{"e":1,"a": 1}'),
        ('{"a": 1}', {("z",): REMOVED}, '{"a": 1}'),
        ('{"a": 1}', {("n", "t"): 7}, '{"n":{"t":7},"a": 1}'),
        ('{"n": {"s": 1}}', {("n", "t"): 7}, '{"n": {"t":7,"s": 1}}'),
        ('{"n": {"t": 1}}', {("n", "t"): 7}, '{"n": {"t": 7}}'),
        ('{"n": {}}', {("n", "t"): 7}, '{"n": {"t":7}}'),
        ('{"n": null}', {("n", "t"): 7}, '{"n": {"t":7}}'),
        ('{"n": [{}]}', {("n", "t"): 7}, '{"n": {"t":7}}'),
        ('{"\\u0061": 1}', {("a",): 2}, '{"\\u0061": 2}'),
    ],
)
def test_a_change_touches_what_it_names(body: str, changes: Rewrite, expected: str) -> None:
    assert written(body, changes) == expected


def test_a_text_that_is_taken_out_takes_its_own_change_with_it() -> None:
    body = b'{"keep": "one", "drop": "two"}'
    slots = (Slot(Channel(0, "$.keep"), "one", 9, 14), Slot(Channel(0, "$.drop"), "two", 24, 29))
    frame = rewritten(Frame(body, slots), {("drop",): REMOVED}, 64)

    assert splice.render(frame, ("1", "2")) == b'{"keep": "1"}'


names = st.sampled_from("abcdef")
values = st.one_of(st.none(), st.booleans(), st.integers(-9, 9), st.text(max_size=3), st.just({"x": [1]}), st.just([]))


@given(
    st.dictionaries(names, values, min_size=1),
    st.dictionaries(names, st.one_of(st.just(REMOVED), st.integers(0, 9), st.none()), max_size=5),
    st.sampled_from([None, 1]),
)
def test_what_comes_out_is_what_a_dictionary_would_be(
    body: dict[str, object], changes: dict[str, object], indent: int | None
) -> None:
    changes.pop(next(iter(body)), None)  # one member always stays
    expected = {name: value for name, value in {**body, **changes}.items() if value is not REMOVED}

    out = written(json.dumps(body, indent=indent), {(name,): value for name, value in changes.items()})

    assert json.loads(out) == expected
