"""Masks erase what they point to, and say what that was."""

import json

import pytest

from guard.audit.mask import Mask

EVENT = {"input": {"a": 1, "b": [{"c": 1, "d": 2}, {"c": 3}], "x/y": {"~": 1}}, "result": {"deny": ["m"]}, "path": "p"}


@pytest.mark.parametrize(
    ("pointer", "gone", "erased"),
    [
        ("/input/a", ["input", "a"], ["/input/a"]),
        ("/input/b/0/c", ["input", "b", 0, "c"], ["/input/b/0/c"]),
        ("/input/b/*/c", None, ["/input/b/1/c", "/input/b/0/c"]),
        ("/input/*", None, ["/input/a", "/input/b", "/input/x~1y"]),
        ("/input/x~1y/~0", ["input", "x/y", "~"], ["/input/x~1y/~0"]),
        ("/result/deny/0", ["result", "deny", 0], ["/result/deny/0"]),
        ("/input/missing", None, []),
        ("/input/b/9", None, []),
        ("/input/b/x", None, []),
        ("/input/a/b", None, []),
    ],
)
def test_a_mask_erases_what_it_points_to(pointer: str, gone: list[str | int] | None, erased: list[str]) -> None:
    event = json.loads(json.dumps(EVENT))
    assert list(Mask(pointer).erase(event)) == erased
    if not erased:
        assert event == EVENT
    if gone is not None:
        expected = json.loads(json.dumps(EVENT))
        *way, last = gone
        node = expected
        for step in way:
            node = node[step]
        del node[last]
        assert event == expected


@pytest.mark.parametrize("pointer", ["", "input/a", "/", "/input", "/path", "/labels/x", "/input//a", "/input/a/"])
def test_a_pointer_elsewhere_is_refused(pointer: str) -> None:
    with pytest.raises(ValueError, match="must"):
        Mask(pointer)
