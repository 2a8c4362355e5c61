"""What passes as a name, a mark or media holds no value that a detector would find."""

import base64
import json
import random

import msgspec
import pytest

from guard.app import build_engine
from guard.config import RecognizerSettings
from guard.core.channel import Channel
from guard.dialects import openai
from guard.dialects.mark import Marks, is_mark, is_media
from guard.dialects.openai_reader import Limits
from guard.runtime.header import forwarded, returned
from guard.runtime.pump import Exchange
from guard.scan.engine import PatternEngine
from guard.scan.store import DatabaseStore
from tests.dialects.test_mark import MARKS, ids
from tests.runtime.world import END, World
from tests.security.secret.test_form import TABLE, split

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


@pytest.fixture(scope="module")
def marks(store: DatabaseStore) -> Marks:
    """As the application makes them: with the recognizers that run by default."""
    return Marks(build_engine(RecognizerSettings(), store=store).types)


SECRETS = [(rule, split(text, secret)) for rule, text, secret, _ in TABLE]


@pytest.mark.parametrize(("rule", "found"), SECRETS, ids=[rule for rule, _ in SECRETS])
def test_no_providers_secret_is_a_mark(marks: Marks, rule: str, found: tuple[str, str]) -> None:
    whole, value = found
    assert not marks.is_mark(whole)
    assert not marks.is_plain_name(whole)
    if whole == value:
        assert forwarded([("x-request-id", value)], marks.is_mark) == ()


@pytest.mark.parametrize("value", ["Z8078221M", "S2740116C", "ABCPD1234Z", "1EG4-TE5-MK73", "27ABCDE1234F1Z5"])
def test_no_number_of_a_person_is_a_mark(marks: Marks, value: str) -> None:
    assert is_mark(value)  # its form alone would let it pass
    assert not marks.is_mark(value)


@pytest.mark.parametrize("text", MARKS)
def test_marks_of_real_servers_are_marks_still(marks: Marks, text: str) -> None:
    assert marks.is_mark(text)


def test_random_ids_of_real_forms_are_marks_still(marks: Marks) -> None:
    chance = random.Random(11)
    assert [text for _ in range(300) for text in ids(chance) if is_mark(text) and not marks.is_mark(text)] == []


KEY = "shpat_" + "68be92297a0ae60259" + "b1c2d3e4f5a6b7"


@pytest.mark.parametrize(
    "body",
    [
        {"id": KEY, "model": "m", "choices": [{"index": 0, "delta": {"content": "hello "}}]},
        {"id": "c", "model": KEY, "choices": [{"index": 0, "delta": {"content": "hello "}}]},
        {"id": "c", "model": "m", "choices": [{"index": 0, "delta": {"tool_calls": [{"index": 0, "id": KEY}]}}]},
        {"id": "c", "model": "m", KEY: 1, "choices": [{"index": 0, "delta": {"content": "hello "}}]},
    ],
    ids=["id", "model", "call", "name"],
)
async def test_a_secret_in_a_marks_place_does_not_reach_the_client(
    engine: PatternEngine, marks: Marks, body: dict[str, object]
) -> None:
    world = World(engine, [b"data: " + json.dumps(body).encode() + b"\n\n", END])
    call = msgspec.structs.replace(world.call, dialect=openai.chat(Limits(), marks))
    world.exchange = Exchange(world.parts, call, world.client)
    await world.run()
    assert b"data: [DONE]" in world.client.body
    assert KEY.encode() not in world.client.body
