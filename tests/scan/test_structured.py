"""Values in JSON are replaced inside their strings, at any depth and wherever they are cut, and it stays valid JSON."""

import json
from typing import Any

import pytest

from guard.core.channel import Channel
from guard.scan.engine import PatternEngine
from tests.core.playbook import REDACT_ALL
from tests.flow import stream

ARGUMENTS = Channel(0, "tool_calls.arguments", 0)
PERSON = {
    "first_name": "Maria",
    "lastName": 'García "Lola" López',
    "ssn": "078051120",
    "card_number": 4111111111111112,
    "dob": "1980-02-03",
    "password": "hunter2x",
    "note": "write to joe@example.com\nor call +44 20 7946 0958",
    "name": "config.yaml",
    "age": 44,
    "active": None,
}
GONE = ("Maria", "078051120", "4111111111111112", "1980-02-03", "hunter2x", "joe@example.com", "7946")


def nested(value: Any, depth: int) -> Any:
    return value if depth == 0 else {"payload": json.dumps(nested(value, depth - 1)), "n": depth}


def ground(value: Any, depth: int) -> Any:
    return value if depth == 0 else ground(json.loads(value["payload"]), depth - 1)


@pytest.mark.parametrize("depth", range(4))
def test_values_in_arguments_are_replaced_and_the_rest_stays(engine: PatternEngine, depth: int) -> None:
    text = json.dumps(nested(PERSON, depth))
    whole, _ = stream(engine, REDACT_ALL, ARGUMENTS, [text])
    letters, _ = stream(engine, REDACT_ALL, ARGUMENTS, list(text))
    assert letters == whole
    assert not any(value in whole for value in GONE)
    outer = json.loads(whole)
    read = ground(outer, depth)
    assert (read["name"], read["age"], read["active"]) == ("config.yaml", 44, None)
    assert list(read) == list(PERSON)


CONTENT = Channel(0, "content")
NUMBERS = (
    ('{"card_number": 4111111111111112}', '{"card_number": "[CREDIT_CARD]"}'),
    ('  {"a": {"ssn": 536904399, "b": 1}}', '  {"a": {"ssn": "[US_SSN]", "b": 1}}'),
    ('[{"ssn": 536904399}]', '[{"ssn": "[US_SSN]"}]'),
    ('{"a": "4111 1111 1111 1111"}', '{"a": "[CREDIT_CARD]"}'),
    ('{"a": "{\\"ssn\\": 536904399}"}', '{"a": "{\\"ssn\\": \\"[US_SSN]\\"}"}'),
    ("[1] call joe@example.com", "[1] call [EMAIL_ADDRESS]"),
    ("{name}, write to joe@example.com", "{name}, write to [EMAIL_ADDRESS]"),
    ('say "4111 1111 1111 1111"', 'say "[CREDIT_CARD]"'),
    ("4111 1111 1111 1111", "[CREDIT_CARD]"),
)


@pytest.mark.parametrize(("text", "masked"), NUMBERS)
def test_a_text_that_is_json_stays_json(engine: PatternEngine, text: str, masked: str) -> None:
    assert stream(engine, REDACT_ALL, CONTENT, [text])[0] == masked
    assert stream(engine, REDACT_ALL, CONTENT, list(text))[0] == masked
