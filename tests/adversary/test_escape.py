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
    "a card as a number": (ARGUMENTS, '{"card":4111111111111111}', "CREDIT_CARD"),
}


@pytest.mark.parametrize("name", SPELLED)
def test_a_value_is_found_however_it_is_spelled(engine: PatternEngine, name: str) -> None:
    channel, text, type_ = SPELLED[name]
    memory = engine.open(channel)
    found = {finding.type for finding in memory.feed(text, True).findings}
    memory.close()
    assert type_ in found


@pytest.mark.parametrize("name", ["fullwidth digits", "an escaped at sign", "a card as a number"])
def test_and_wherever_the_spelling_is_cut(engine: PatternEngine, name: str) -> None:
    channel, text, type_ = SPELLED[name]
    for at in range(1, len(text)):
        memory = engine.open(channel)
        found = [*memory.feed(text[:at], False).findings, *memory.feed(text[at:], True).findings]
        memory.close()
        assert type_ in {finding.type for finding in found}, at
