"""Bounds on arguments: what is within passes as it was written, what is not is moved or breaks the bound."""

import json
from typing import Any

import pytest

from guard.core.point_decision import Bound
from guard.core.spans import apply
from guard.runtime.tool.argument import Arguments, Misplaced, apart, redacted, spelled
from guard.runtime.tool.bound import Broken, bounded


def after(text: str, path: str, bound: Bound) -> str | None:
    """The arguments within the bound; None if they break it."""
    try:
        return apply(text, 0, apart(bounded(Arguments(text), {path: bound})))
    except Broken:
        return None


AMOUNT = Bound(min=0, max=500)
CLAMPED = Bound(min=-1.5, max=500, clamp=True)


@pytest.mark.parametrize(
    ("text", "bound", "expected"),
    [
        ('{"a": 500}', AMOUNT, '{"a": 500}'),
        ('{"a": 5.00e2 }', AMOUNT, '{"a": 5.00e2 }'),
        ('{"a": 500.01}', AMOUNT, None),
        ('{"a": -1}', AMOUNT, None),
        ('{"a": "500"}', AMOUNT, None),
        ('{"a": true}', AMOUNT, None),
        ('{"a": [1]}', AMOUNT, None),
        ('{"a": {"value": 1}}', AMOUNT, None),
        ('{"a": 1e999}', AMOUNT, None),
        ('{"a": null}', AMOUNT, '{"a": null}'),
        ('{"b": 9000}', AMOUNT, '{"b": 9000}'),
        ('{"b": 1, "a" :  9000 , "c": 2}', CLAMPED, '{"b": 1, "a" :  500 , "c": 2}'),
        ('{"a": 9000.5}', CLAMPED, '{"a": 500}'),
        ('{"a": -9.5}', CLAMPED, '{"a": -1.5}'),
        ('{"a": -9}', CLAMPED, '{"a": -1}'),
        ('{"a": 1}', Bound(min=2.5, max=2.75, clamp=True), '{"a": 2.5}'),
        ('{"a": "fast"}', CLAMPED, None),
        ('{"ä": "ü€𝄞", "a": 900}', CLAMPED, '{"ä": "ü€𝄞", "a": 500}'),
    ],
)
def test_numbers(text: str, bound: Bound, expected: str | None) -> None:
    assert after(text, "$.a", bound) == expected


@pytest.mark.parametrize(
    ("value", "choices", "fits"),
    [
        ("EUR", ("EUR", "USD"), True),
        ("eur", ("EUR", "USD"), False),
        (1, (1, 2), True),
        (1.0, (1,), True),
        (True, (1,), False),
        (None, ("EUR",), False),
        (None, (None,), True),
        (["EUR"], ("EUR",), False),
    ],
)
def test_choices(value: Any, choices: tuple[Any, ...], fits: bool) -> None:
    assert (after(json.dumps({"a": value}), "$.a", Bound(one_of=choices)) is not None) == fits


@pytest.mark.parametrize(
    ("value", "fits"),
    [
        ("/srv/data/report.txt", True),
        ("/srv/data", True),
        ("/srv//data/./x", True),
        ("/srv/data/100%.txt", True),
        ("/srv/database/x", False),
        ("/srv/data/../secret", False),
        ("/srv/data/%2e%2e/secret", False),
        ("/srv/data/%252e%252e/secret", False),
        ("/srv/data/..\\secret", False),
        ("..", False),
        ("//srv/data/x", False),
        ("/etc/passwd", False),
        ("srv/data/x", False),
        ("file:///srv/data/x", False),
        ("/srv/data/x\x00.png", False),
        ("/srv/data/%00", False),
        ("~/srv/data/x", False),
        ("work/x", True),
        ("./work/x", True),
        ("work/../x", False),
        ("", False),
        (["/srv/data/x"], False),
        (7, False),
    ],
)
def test_paths(value: Any, fits: bool) -> None:
    bound = Bound(prefixes=("/srv/data/", "work"))
    assert (after(json.dumps({"a": value}), "$.a", bound) is not None) == fits


@pytest.mark.parametrize(
    ("value", "fits"),
    [
        ("https://example.com/a?b=c#d", True),
        ("HTTPS://EXAMPLE.COM:8443/a", True),
        ("example.com", True),
        ("example.com.", True),
        ("example.com/a", True),
        ("ann@example.com", True),
        ("https://a.example.org", True),
        ("ann@mail.example.org", True),
        ("https://example.org", False),
        ("https://evil-example.org", False),
        ("https://example.com.evil.net", False),
        ("https://example.com@evil.net/", False),
        ("https://evil.net/example.com", False),
        ("https://evil.net\\@example.com/", False),
        ("https://evil.net#@example.com", False),
        ("javascript://example.com/%0aalert(1)", False),
        ("file://example.com/etc/passwd", False),
        ("http:///evil.net/", False),
        ("//example.com", False),
        ("https://example.com\n.evil.net", False),
        ("https://example。com", False),
        ("https://ехample.com", False),
        ("https://example.com:port", False),
        ("https://[::1]/", False),
        ("ann@example.com,eve@evil.net", False),
        ("ann@example.com;eve@evil.net", False),
        ("Ann <ann@example.com>", False),
        ("eve@evil.net@example.com", False),
        ("", False),
        (["https://example.com"], False),
    ],
)
def test_hosts(value: Any, fits: bool) -> None:
    bound = Bound(hosts=("example.com", ".example.org"))
    assert (after(json.dumps({"a": value}), "$.a", bound) is not None) == fits


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ('{"to": ["a", "b"], "n": 1}', "$.to[*]", ["a", "b"]),
        ('{"to": ["a", "b"]}', "$.to[1]", ["b"]),
        ('{"to": ["a"]}', "$.to[4]", []),
        ('{"list": [{"id": 1}, {"id": 2}, {}]}', "$.list[*].id", [1, 2]),
        ('{"a b": {"c-d": 1}}', "$.a b.c-d", [1]),
        ('{"a": 1}', "$.b.c", []),
        ('{"a": null}', "$.a.b", []),
        ("[1, 2]", "$[0]", [1]),
        ('{"a": 1}', "$", [{"a": 1}]),
        ("", "$.a", []),
    ],
)
def test_paths_lead_to_values(text: str, path: str, expected: list[Any]) -> None:
    assert [argument.value for argument in Arguments(text).at(path)] == expected


@pytest.mark.parametrize(
    ("text", "path"), [('{"to": "a"}', "$.to[*]"), ('{"to": "a"}', "$.to[0]"), ('{"a": 1}', "$.a.b"), ("[1]", "$.a")]
)
def test_a_value_that_a_path_does_not_fit_is_no_missing_one(text: str, path: str) -> None:
    with pytest.raises(Misplaced):
        Arguments(text).at(path)
    assert after(text, path, Bound(max=1)) is None


@pytest.mark.parametrize(
    "text", ['{"a": 1', '{"a": 1}}', "{'a': 1}", '{"a": 1, "a": 2}', "not json", '{"a": 01}', "[" * 70 + "]" * 70]
)
def test_what_is_no_strict_json_has_no_value(text: str) -> None:
    arguments = Arguments(text)
    assert (arguments.readable, arguments.value) == (False, None)


def test_edits_change_the_values_alone() -> None:
    text = ' { "é" : "ж" , "keys" : [ "a" , {"b" : 1} ] ,"n":1.50,"last":false}'
    arguments = Arguments(text)
    edits = apart(redacted(one) for path in ("$.é", "$.keys", "$.keys[*]", "$.last") for one in arguments.at(path))
    assert apply(text, 0, edits) == ' { "é" : "[REDACTED]" , "keys" : "[REDACTED]" ,"n":1.50,"last":null}'


def test_odd_names_are_not_spelled() -> None:
    assert spelled(("a", 0, "b.c", "", "d")) == "$.a[0].?.?.d"
