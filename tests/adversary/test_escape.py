"""A value spelled otherwise is still a value: in tool arguments, in JSON that lies in JSON, in escapes of escapes."""

import pytest

from guard.core.channel import Channel
from guard.scan.engine import PatternEngine

ARGUMENTS = Channel(0, "tool_calls.arguments", 0)
TEXT = Channel(0, "$.messages[1].content")

SPELLED = {
    "fullwidth digits": (ARGUMENTS, r'{"a":"\uff14111 1111 1111 1111"}', "CREDIT_CARD"),
    "surrogate pairs of digits": (
        ARGUMENTS,
        '{"a":"' + "".join(rf"\ud835\u{0xDFCE + int(d):04x}" for d in "4111111111111111") + '"}',
        "CREDIT_CARD",
    ),
    "surrogate pairs of tags": (ARGUMENTS, r'{"a":"hi\udb40\udc41\udb40\udc42"}', "HIDDEN_TAGS"),
    "an escaped at sign": (ARGUMENTS, r'{"a":"jane\u0040example.com"}', "EMAIL_ADDRESS"),
    "JSON in a string of JSON": (ARGUMENTS, r'{"a":"{\"b\":\"jane\\u0040example.com\"}"}', "EMAIL_ADDRESS"),
    "JSON in a text": (TEXT, r'{"a":"{\"b\":\"jane\\u0040example.com\"}"}', "EMAIL_ADDRESS"),
    "an escape in code": (TEXT, r"x = 'jane\x40example.com'", "EMAIL_ADDRESS"),
    "an escape of an escape": (TEXT, "https://a.example/?to=jane%2540example.com", "EMAIL_ADDRESS"),
    "an entity": (TEXT, "mail jane&commat;example&period;com", "EMAIL_ADDRESS"),
    "an entity's entity": (TEXT, "mail jane&amp;#64;example.com", "EMAIL_ADDRESS"),
    "look-alikes in an address": (TEXT, "mail j\u0430ne@ex\u0430mple.c\u043em", "EMAIL_ADDRESS"),
    "look-alikes in an account": (TEXT, "pay D\u041589370400440532013000", "IBAN_CODE"),
    "an account behind an escaped line end": (TEXT, r"pay to:\nDE89370400440532013000", "IBAN_CODE"),
    "a card as a number": (ARGUMENTS, '{"card":4111111111111111}', "CREDIT_CARD"),
}


@pytest.mark.parametrize("name", SPELLED)
def test_a_value_is_found_however_it_is_spelled(engine: PatternEngine, name: str) -> None:
    channel, text, type_ = SPELLED[name]
    memory = engine.open(channel)
    found = {finding.type for finding in memory.feed(text, True).findings}
    memory.close()
    assert type_ in found


@pytest.mark.parametrize("name", SPELLED)
def test_and_wherever_the_spelling_is_cut(engine: PatternEngine, name: str) -> None:
    channel, text, type_ = SPELLED[name]
    for at in range(1, len(text)):
        memory = engine.open(channel)
        found = [*memory.feed(text[:at], False).findings, *memory.feed(text[at:], True).findings]
        memory.close()
        assert type_ in {finding.type for finding in found}, at
