"""What passes as a name, a mark or media holds no value that a detector would find."""

import base64

import pytest

from guard.core.channel import Channel
from guard.dialects.mark import is_mark, is_media
from guard.runtime.header import forwarded, returned
from guard.scan.engine import PatternEngine

VALUES = {
    "AWS key id of letters": "AKIA" + "ABCDEFGHIJKLMNOP",
    "AWS secret key": "secret_key=" + "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "hexadecimal sk- key": "sk-" + "0123456789abcdef" * 2,
    "scoped sk- key": "sk-proj-" + "abcdefghij-klmnopqrst-uvwxyz",
    "Slack token": "xoxb-" + "12345678-abcdefghijklm",
    "Slack webhook": "hooks.slack.com/services/" + "TABCDEFGH/BABCDEFGH/abcdefghijklmnopqrstuvwx",
    "GitHub token in words": "ghp_" + "abcdefghijklmnop_qrstuvwxyzABCDEFGHIJKL",
    "bitcoin address behind a prefix": "call_" + "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
    "Google key behind a prefix": "call_" + "AIzaSyDdI0hCZtE6vySjMm2WEfRq3CPzqKqqsHI",
    "social security number": "219-09-8888",
    "card": "4111-1111-1111-1111",
    "address": "jane.doe@example.com",
    "IPv4": "192.0.2.77",
}


@pytest.mark.parametrize("name", VALUES)
def test_what_a_detector_finds_is_no_mark(engine: PatternEngine, name: str) -> None:
    memory = engine.open(Channel(0, "$.id"))
    assert memory.feed(VALUES[name], True).findings
    memory.close()
    assert not is_mark(VALUES[name])


@pytest.mark.parametrize("kind", ["application/json", "application/xml", "image/svg+xml", "application/x-yaml"])
def test_a_data_url_that_is_text_is_no_media(kind: str) -> None:
    encoded = base64.b64encode(b'{"mail":"jane.doe@example.com"}' * 4).decode()
    assert not is_media(f"data:{kind};base64,{encoded}")


@pytest.mark.parametrize("name", ["social security number", "card", "address", "hexadecimal sk- key"])
@pytest.mark.parametrize("header", ["x-request-id", "x-session-id", "x-correlation-id", "tracestate"])
def test_a_header_of_the_client_carries_no_value_to_the_backend(header: str, name: str) -> None:
    assert forwarded([(header, VALUES[name])]) == ()


@pytest.mark.parametrize("name", ["social security number", "card", "address", "hexadecimal sk- key"])
@pytest.mark.parametrize("header", ["x-request-id", "retry-after", "x-ratelimit-reset-tokens"])
def test_a_header_of_the_backend_carries_no_value_to_the_client(header: str, name: str) -> None:
    assert returned({header: VALUES[name]}) == ()


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("x-request-id", "0189f7e2-5b1c-7cc0-98e2-5d2a7f0b4c11"),
        ("x-session-id", "user-session_42"),
        ("tracestate", "rojo=00f067aa0ba902b7"),
        ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
    ],
)
def test_a_header_that_is_a_mark_travels(header: str, value: str) -> None:
    assert forwarded([(header, value)]) == ((header, value),)
