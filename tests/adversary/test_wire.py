"""A value that a backend plants anywhere in a stream does not reach the client, whatever the framing."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from guard.scan.engine import PatternEngine
from tests.runtime.world import END, World, chunk

MAIL = "jane.doe@example.com"
CARD = "4111 1111 1111 1111"


def event(value: Any) -> bytes:
    return b"data: " + json.dumps(value, ensure_ascii=False).encode() + b"\n\n"


def choice(index: int = 0, finish: str | None = None, /, **delta: Any) -> bytes:
    return event({"id": "c", "model": "m", "choices": [{"index": index, "delta": delta, "finish_reason": finish}]})


def call(index: int, arguments: str) -> bytes:
    return choice(tool_calls=[{"index": index, "function": {"arguments": arguments}}])


ATTACKS: dict[str, Sequence[bytes]] = {
    "behind the end of its choice": [choice(0, "stop"), chunk(MAIL + " "), END],
    "in an unknown member behind the end": [choice(0, "stop"), choice(note=MAIL + " "), END],
    "behind the end mark": [END, chunk(MAIL + " ")],
    "in a comment behind the end mark": [END, b": %s\n\n" % MAIL.encode()],
    "in a comment": [b": %s\n\n" % MAIL.encode(), END],
    "in an event's name": [b"event: %s\n" % MAIL.encode() + chunk("x "), END],
    "in an event's id": [b"id: %s\n" % MAIL.encode() + chunk("x "), END],
    "in a usage member": [event({"choices": [], "usage": {"prompt_tokens": 1, "note": MAIL}}), END],
    "as a time": [event({"choices": [], "created": 4111111111111111}), END],
    "as a finish reason": [choice(0, MAIL), END],
    "in an error": [event({"error": {"message": f"bad {MAIL} "}})],
    "in a document that is a list": [event([MAIL + " "]), END],
    "in a document that is a string": [event(MAIL + " "), END],
    "in choices that are no list": [event({"choices": {"0": {"delta": {"content": MAIL + " "}}}}), END],
    "without an index": [
        event({"choices": [{"delta": {"content": "jane.doe@"}}]}),
        event({"choices": [{"delta": {"content": "example.com "}}]}),
        END,
    ],
    "at another place in the list": [
        choice(content="jane.doe@"),
        event({"choices": [{"index": 1, "delta": {}}, {"index": 0, "delta": {"content": "example.com "}}]}),
        END,
    ],
    "in one event over two lines": [
        b'data: {"choices":[{"index":0,\ndata: "delta":{"content":"%s "}}]}\n\n' % MAIL.encode(),
        END,
    ],
    "between carriage returns": [(chunk(MAIL + " ") + END).replace(b"\n", b"\r")],
    "behind a byte order mark": [b"\xef\xbb\xbf" + chunk(MAIL + " "), END],
    "byte by byte": [bytes([byte]) for byte in chunk("\u00e9" + MAIL + " ") + END],
    "in padding": [choice(content="a ").replace(b'"model"', b'"obfuscation": "%s", "model"' % MAIL.encode()), END],
    "in arguments cut inside an escape": [call(0, '{"a":"jane\\u00'), call(0, "40exam"), call(0, 'ple.com"}'), END],
    "in interleaved tool calls": [
        call(0, '{"a":"jane.doe@'),
        call(1, '{"b":"4111 1111'),
        call(0, 'example.com"}'),
        call(1, ' 1111 1111"}'),
        END,
    ],
    "in interleaved choices": [
        choice(0, content="jane.doe@"),
        choice(1, content="4111 1111 "),
        choice(0, content="example.com "),
        choice(1, content="1111 1111 "),
        END,
    ],
}


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.asyncio
async def test_a_planted_value_does_not_reach_the_client(engine: PatternEngine, attack: str) -> None:
    world = await World(engine, ATTACKS[attack]).run()
    assert not any(part in world.client.body for part in (b"jane.doe", b"example.com", b"4111"))


PIECES = ("4111 ", "1111 ", "1111 ", "1111")
JOINED: dict[str, Sequence[bytes]] = {
    "role": [choice(role=piece.strip()) for piece in PIECES],
    "tool call id": [choice(tool_calls=[{"index": 0, "id": piece.strip()}]) for piece in PIECES],
}
"""OpenAI's own client joins every string of a delta with what came before at its place (`accumulate_delta`)."""
