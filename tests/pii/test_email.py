"""E-mail addresses are found exactly as far as they go, in plain text, markup, links and other scripts."""

import pytest

from guard.pii.email import PATTERNS
from tests.pii.reference import find

FOUND = (
    ("Write to jane.doe@example.com today.", ["jane.doe@example.com"]),
    ("jane@example.com", ["jane@example.com"]),
    (
        "jane@example.com, john@example.org; ann@example.net",
        ["jane@example.com", "john@example.org", "ann@example.net"],
    ),
    ("<jane@example.com>", ["jane@example.com"]),
    ("mailto:jane@example.com?subject=hi", ["jane@example.com"]),
    ("(jane@example.com)", ["jane@example.com"]),
    ('"jane@example.com"', ["jane@example.com"]),
    ("'jane@example.com'", ["jane@example.com"]),
    ("“jane@example.com”", ["jane@example.com"]),
    ("**jane@example.com**", ["jane@example.com"]),
    ("`jane@example.com`", ["jane@example.com"]),
    ("| jane@example.com|bob@example.com|", ["jane@example.com", "bob@example.com"]),
    ("email=jane@example.com&x=1", ["jane@example.com"]),
    ("https://example.com/?q=1&to=jane@example.com", ["jane@example.com"]),
    ("https://example.com/users/jane@example.com", ["jane@example.com"]),
    ("jane%40example.com", ["jane%40example.com"]),
    ("jane+news@example.co.uk", ["jane+news@example.co.uk"]),
    ("o'brien@example.ie", ["o'brien@example.ie"]),
    ("jane_doe-x@sub-domain.example.com", ["jane_doe-x@sub-domain.example.com"]),
    ("R&D@example.com", ["R&D@example.com"]),
    ("bounce+jane=example.com@lists.example.org", ["bounce+jane=example.com@lists.example.org"]),
    ("1234567890@example.com", ["1234567890@example.com"]),
    ("a@b.co", ["a@b.co"]),
    ("JANE@EXAMPLE.COM", ["JANE@EXAMPLE.COM"]),
    ("jane@example.com.", ["jane@example.com"]),
    ("Ask jane@example.com...", ["jane@example.com"]),
    ("...jane@example.com", ["jane@example.com"]),
    ("jane@example.com-", ["jane@example.com"]),
    ("jane@example.com123", ["jane@example.com"]),
    ("jane@example.museum", ["jane@example.museum"]),
    ("jane@xn--bcher-kva.example", ["jane@xn--bcher-kva.example"]),
    ("jane@example.xn--p1ai", ["jane@example.xn--p1ai"]),
    ("jane@my_host.example", ["jane@my_host.example"]),
    ("müller@bücher.example", ["müller@bücher.example"]),
    ("иван@почта.рф", ["иван@почта.рф"]),
    ("jane@example.com谢谢", ["jane@example.com"]),
    ("邮箱：jane@example.com。", ["jane@example.com"]),
    ("@jane@social.example", ["jane@social.example"]),
    ("ja\u200bne@exam\u200bple.com", ["ja\u200bne@exam\u200bple.com"]),
    ("ｊａｎｅ＠example．com", ["ｊａｎｅ＠example．com"]),
    ("+%&@example.com", ["+%&@example.com"]),
    ("jane@example.com/bob@example.org", ["jane@example.com", "bob@example.org"]),
    ("to=jane@example.com&cc=bob@example.org", ["jane@example.com", "bob@example.org"]),
    ("jane@example.com=bob@example.org", ["jane@example.com", "bob@example.org"]),
    ("glued: jane@example.com-bob@example.org!", ["jane@example.com-bob@example.org"]),
    ("glued: jane@example.com&bob@example.org", ["jane@example.com&bob@example.org"]),
    ("a@b@example.com", ["b@example.com"]),
    ("jane@example.com's", ["jane@example.com"]),
    ("漢" * 70 + "jane@example.com", ["jane@example.com"]),
    ("x" * 64 + "@example.com", ["x" * 64 + "@example.com"]),
)

NOT_FOUND = (
    "no address here",
    "jane@localhost",
    "jane@ example.com",
    "jane @example.com",
    "@example.com",
    "jane@.com",
    "jane@example.",
    "jane@example.c",
    "jane@example." + "x" * 25,
    "lodash@4.17.21",
    "jane@192.0.2.1",
    "@pytest.fixture",
    "a@b@c",
    "x" * 65 + "@example.com",
    "jane@" + "a" * 300 + ".com",
)


@pytest.mark.parametrize(("text", "values"), FOUND)
def test_addresses_are_found(text: str, values: list[str]) -> None:
    assert find(PATTERNS, text, "EMAIL_ADDRESS") == values


@pytest.mark.parametrize("text", NOT_FOUND)
def test_look_alikes_are_left_alone(text: str) -> None:
    assert find(PATTERNS, text, "EMAIL_ADDRESS") == []
