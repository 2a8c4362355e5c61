"""Basic credentials are found behind the header's name when they spell a user and a password."""

import pytest

from guard.security.basic_auth import PATTERNS
from tests.pii.reference import find

# RFC 7617's example: Aladdin:open sesame.
BASIC = "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="

FOUND = (
    (f"Authorization: Basic {BASIC}", [BASIC]),
    (f"authorization: basic {BASIC}\r\n", [BASIC]),
    (f"Proxy-Authorization: Basic {BASIC}", [BASIC]),
    (f"curl -H 'Authorization: Basic {BASIC}' https://example.com", [BASIC]),
    (f'{{"Authorization": "Basic {BASIC}"}}', [BASIC]),
    (f'{{\\"Authorization\\": \\"Basic {BASIC}\\"}}', [BASIC]),
    (f"headers['authorization'] = 'Basic {BASIC}'", [BASIC]),
    (f":authorization => 'Basic {BASIC}'", [BASIC]),
    (f"Authorization: Basic {BASIC.rstrip('=')}", [BASIC.rstrip("=")]),
    ("Authorization: Basic YnJvd3Nlcjo=", ["YnJvd3Nlcjo="]),
)

NOT_FOUND = (
    "Authorization: Basic ...",
    "Authorization: Basic $BASIC_TOKEN",
    "Authorization: basic {base64(email:password)}",
    "Authorization: Basic realm=example",
    "Authorization: Bearer " + BASIC,
    "basic training",
    "Authorization: Basic Tk9DT0xPTg==",
    "Authorization: Basic abcde",
)


@pytest.mark.parametrize(("text", "values"), FOUND)
def test_credentials_are_found(text: str, values: list[str]) -> None:
    assert find(PATTERNS, text, "SECRET_BASIC_AUTH") == values


@pytest.mark.parametrize("text", NOT_FOUND)
def test_look_alikes_are_left_alone(text: str) -> None:
    assert find(PATTERNS, text, "SECRET_BASIC_AUTH") == []
