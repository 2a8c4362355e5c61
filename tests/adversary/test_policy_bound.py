"""Argument values that would slip past their bounds, or break more than their own call."""

import json

import pytest

from guard.core.point_decision import Bound
from guard.core.spans import apply
from guard.runtime.tool.argument import Arguments, apart
from guard.runtime.tool.bound import Broken, bounded


def _held(text: str, bound: Bound) -> str:
    """The arguments as they leave. Raises Broken."""
    return apply(text, 0, apart(bounded(Arguments(text), {"$.x": bound})))


@pytest.mark.parametrize("number", ["9" * 25, "9" * 400, "501.0", "5e299", "18446744073709551616"])
def test_a_number_of_any_length_is_moved_to_its_bound(number: str) -> None:
    assert _held(f'{{"x": {number}}}', Bound(max=500, clamp=True)) == '{"x": 500}'


@pytest.mark.parametrize(
    "path",
    [
        "/srv/files/../etc",
        "/srv/files/%2e%2e/etc",
        "/srv/files/%252e%252e/etc",
        "/srv/files/%25252e%25252e/etc",
        "/srv/files/%2525252525252e%2525252525252e/etc",
        "/srv/files/%c0%ae%c0%ae/etc",
        "/srv/files/%u002e%u002e/etc",
        "/srv/files/..;/etc",
        "/srv/files/..;a=b/etc",
        "/srv/files/.. /etc",
        "/srv/files/\uff0e\uff0e/etc",
        "/srv/files\uff0f..\uff0fetc",
        "/srv/files/\u2025/etc",
        "/srv/files/..\\etc",
    ],
)
def test_no_spelling_of_a_step_up_stays_below_a_prefix(path: str) -> None:
    with pytest.raises(Broken):
        _held(json.dumps({"x": path}), Bound(prefixes=("/srv/files",)))


@pytest.mark.parametrize(
    "path", ["/srv/files", "/srv/files/a b/c;1", "/srv/files/r%C3%A9sum%C3%A9", "/srv/files/…/50%"]
)
def test_an_honest_path_stays(path: str) -> None:
    text = json.dumps({"x": path})
    assert _held(text, Bound(prefixes=("/srv/files",))) == text


@pytest.mark.parametrize(
    "address", ["ann%evil.com@example.com", "ann%40evil.com@example.com", "evil.com!ann@example.com"]
)
def test_an_address_that_asks_a_host_to_pass_it_on_breaks_its_bound(address: str) -> None:
    with pytest.raises(Broken):
        _held(json.dumps({"x": address}), Bound(hosts=("example.com",)))
