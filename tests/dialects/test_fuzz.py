"""Whatever a stranger sends: an error of ours or frames whose slots hold every text, and never another exception."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from guard.errors import BackendBroken, BackendMalformed, MalformedRequest

from . import sample
from .oracle import unseen

REAL = [
    sample.chunk(role="assistant", content=""),
    sample.chunk(content="Hello joe@example.com"),
    sample.chunk(reasoning_content="Hm.", content=None),
    sample.chunk(
        tool_calls=[{"index": 0, "id": "call_1", "type": "function", "function": {"name": "get", "arguments": ""}}]
    ),
    sample.chunk(tool_calls=[{"index": 1, "function": {"arguments": '{"to": "joe@example.com"}'}}]),
    sample.event({**sample.HEAD, "choices": [sample.choice(content="a")], "obfuscation": "aZ09", "usage": None}),
    sample.event({**sample.HEAD, "choices": [{"index": 0, "text": " joe", "logprobs": {"tokens": [" joe"]}}]}),
    sample.chunk(finish="stop"),
    sample.event({**sample.HEAD, "choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 4}}),
    sample.event({"error": {"message": "It broke for joe@example.com.", "code": 500}}),
    b": ping - 2026-01-31 23:59:59.123456\r\n\r\n",
    b"event: message\r\nid: 7\r\ndata: {}\r\n\r\n",
]
REQUEST = json.dumps(
    {
        "model": "m-1",
        "stream": True,
        "n": 2,
        "messages": [
            {"role": "system", "content": "Be kind."},
            {"role": "user", "name": "Joe R", "content": [{"type": "text", "text": "Hello joe@example.com"}]},
            {"role": "tool", "tool_call_id": "call_1", "content": "4111 1111 1111 1111"},
        ],
        "tools": [{"type": "function", "function": {"name": "get", "parameters": {"type": "object"}}}],
        "metadata": {"card": 4111111111111111},
        "stream_options": {"include_usage": False},
    }
).encode()

splinters = st.sampled_from(
    [
        b"",
        b'"',
        b"\\",
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b"\n",
        b"\r",
        b"\n\n",
        b"data: ",
        b"null",
        b"1",
        b'"a":"joe r",',
    ]
    + [b"\xff", b"\xef\xbb\xbf", b"\\u0000", b"\\ud800", b"e@x", b"4111111111111111", b"[DONE]", b"\x00", b"-", b"0"]
) | st.binary(max_size=4)
edits = st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 30), splinters), max_size=4)


def edited(raw: bytes, changes: list[tuple[int, int, bytes]]) -> bytes:
    for at, width, new in changes:
        at %= len(raw) + 1
        raw = raw[:at] + new + raw[at + width :]
    return raw


def stream_slots(pieces: list[bytes]) -> list[tuple[bytes, list[str]]]:
    """Each event's data that was read, with its slots' texts. Stops where the reader refuses."""
    reader = sample.stream_reader()
    read: list[tuple[bytes, list[str]]] = []
    try:
        frames = [frame for piece in pieces for frame in reader.feed(piece)]
        frames += reader.end()
    except (BackendMalformed, BackendBroken):
        return read
    for frame in frames:
        # A frame's data is on one line, if it has any that is JSON.
        lines = [line for line in frame.raw.removeprefix(b"\xef\xbb\xbf").splitlines() if line.startswith(b"data:")]
        data = b"".join(line.removeprefix(b"data:") for line in lines).strip()
        if data and data != b"[DONE]":
            read.append((data, [slot.text for slot in frame.slots]))
    return read


@given(order=st.lists(st.integers(0, len(REAL) - 1), min_size=1, max_size=6), changes=edits, cuts=st.integers(1, 400))
def test_a_mutated_stream_is_refused_or_every_text_of_it_is_in_a_slot(
    order: list[int], changes: list[tuple[int, int, bytes]], cuts: int
) -> None:
    raw = edited(b"".join(REAL[number] for number in order), changes) + sample.DONE
    pieces = [raw[at : at + cuts] for at in range(0, len(raw), cuts)]
    for data, slots in stream_slots(pieces):
        assert unseen(data, slots, answer=True, stream=True) == []


@given(number=st.integers(0, len(REAL) - 1), changes=edits)
def test_a_mutated_whole_answer_is_refused_or_every_text_of_it_is_in_a_slot(
    number: int, changes: list[tuple[int, int, bytes]]
) -> None:
    raw = edited(REAL[number].removeprefix(b"data: ").strip(), changes)
    reader = sample.whole_reader()
    reader.feed(raw)
    try:
        (frame,) = reader.end()
    except BackendMalformed:
        return
    assert unseen(raw, [slot.text for slot in frame.slots], answer=True, stream=False) == []


@given(changes=edits)
def test_a_mutated_request_is_refused_or_every_text_of_it_is_in_a_slot(changes: list[tuple[int, int, bytes]]) -> None:
    raw = edited(REQUEST, changes)
    try:
        prompt = sample.CHAT.prompt(raw)
    except MalformedRequest:
        return
    slots = [slot.text for slot in prompt.frame.slots]
    # The policy sees the model itself.
    assert [text for text in unseen(raw, slots, answer=False, stream=False) if text != prompt.model] == []
    json.loads(sample.CHAT.render(prompt.frame, None))
    json.loads(sample.CHAT.render(prompt.frame, ["x"] * len(slots)))


names = st.sampled_from(
    ["choices", "delta", "message", "content", "index", "tool_calls", "function", "name", "arguments", "id", "role"]
    + ["logprobs", "tokens", "top_logprobs", "token", "usage", "error", "type", "audio", "data", "finish_reason", "x.y"]
    + ["messages", "prompt", "input", "tools", "metadata", "", "choices[]", "joe@example.com", "text"]
)
leaves = st.none() | st.booleans() | st.integers(-2, 9) | st.text(max_size=6) | names | st.just(4111111111111111)
documents = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4), max_leaves=15
)


@given(document=documents)
def test_a_document_of_any_shape_is_refused_or_every_text_of_it_is_in_a_slot(document: Any) -> None:
    raw = json.dumps(document).encode()
    for data, slots in stream_slots([b"data: " + raw + b"\n\n" + sample.DONE]):
        assert unseen(data, slots, answer=True, stream=True) == []
    reader = sample.whole_reader()
    reader.feed(raw)
    try:
        (frame,) = reader.end()
    except BackendMalformed:
        return
    assert unseen(raw, [slot.text for slot in frame.slots], answer=True, stream=False) == []


@given(document=st.dictionaries(names, documents, max_size=5))
def test_a_request_of_any_shape_is_refused_or_every_text_of_it_is_in_a_slot(document: dict[str, Any]) -> None:
    raw = json.dumps({**document, "model": "m-1"}).encode()
    prompt = sample.CHAT.prompt(raw)
    slots = [slot.text for slot in prompt.frame.slots]
    assert unseen(raw, slots, answer=False, stream=False) == []
    assert len({slot.channel for slot in prompt.frame.slots}) == len(slots)


@given(raw=st.binary(max_size=200), size=st.integers(1, 50))
def test_random_bytes_are_refused_or_say_nothing(raw: bytes, size: int) -> None:
    assert stream_slots([raw[at : at + size] for at in range(0, len(raw), size)]) is not None
    for read in (sample.CHAT.prompt, _whole):
        try:
            read(raw)
        except (BackendMalformed, MalformedRequest):
            continue


def _whole(raw: bytes) -> None:
    reader = sample.whole_reader()
    reader.feed(raw)
    reader.end()
