"""The short way to read a chunk comes to what a full reading comes to, or is not taken."""

import json
import re
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.core.channel import Channel
from guard.core.frame import Frame
from guard.dialects.openai_reader import StreamReader
from guard.dialects.template import Templates
from guard.errors import BackendMalformed

from . import sample

_ORDINAL = re.compile(r"\{\d+\}")


def outcome(reader: StreamReader, raw: bytes) -> list[Frame] | None:
    """The frames, None for a refusal. Odd names are numbered by the reader, so their numbers don't count."""
    try:
        frames = reader.feed(raw)
    except BackendMalformed:
        return None
    return [
        msgspec.structs.replace(
            frame, slots=tuple(map(_unnumbered, frame.slots)), closes=tuple(map(_alone, frame.closes))
        )
        for frame in frames
    ]


def _alone(channel: Channel) -> Channel:
    """Outside the choices a channel bears its chunk's number, which depends on how many were read in full."""
    return channel if channel.choice >= 0 else Channel(-1, _ORDINAL.sub("{}", channel.field))


def _unnumbered(slot: Any) -> Any:
    channel = _alone(slot.channel)
    field = _ORDINAL.sub("{}", channel.field)
    return msgspec.structs.replace(slot, channel=Channel(channel.choice, field, channel.tool))


def cold() -> StreamReader:
    reader = sample.stream_reader()
    reader.feed(b":\n\n")
    return reader


def delta(kind: int, text: str) -> bytes:
    """Chunks of the shapes that servers stream."""
    tool = {"tool_calls": [{"index": kind % 2, "function": {"arguments": text}}]}
    shapes: list[dict[str, Any]] = [
        {"content": text},
        {"reasoning_content": text},
        {"content": text, "tool_calls": None},
        tool,
        {"vendor": text},
        {text: "x"},
        {"role": text},
        {"role": "assistant", "content": text},
    ]
    document = {**sample.HEAD, "choices": [sample.choice(kind % 3, **shapes[kind % len(shapes)])]}
    if kind % 5 == 0:
        document["obfuscation"] = "aZ09" * (kind % 4)
    if kind % 7 == 0:
        document["id"] = text
    return sample.event(document)


_TRICKS = [
    b'","x":"',
    b'":1,"',
    b"\\",
    b'\\"',
    b"\\u0061",
    b"\\ud800",
    b'"',
    b' "',
    b'" ',
    b"\n",
    b"\r",
    b"\ndata: ",
    b"\xff",
    b"\xc3",
    b"\x00",
    b"null",
    b"}",
    b"{",
    b"[DONE]",
    b'"content":"y",',
    b'"error":{},',
    b'"usage":{},',
    b"",
    b"e@x",
    b"1",
]
mutations = st.lists(
    st.tuples(st.integers(0, 400), st.integers(0, 12), st.sampled_from(_TRICKS)), min_size=0, max_size=2
)
shapes = st.integers(0, 40)
words = st.sampled_from(["a", "", " b", "joe@example.com", "é", "\u2028", '"', "\\", "chat.x", "two words"]) | st.text(
    max_size=6
)


@given(warm=st.lists(st.tuples(shapes, words), max_size=4), kind=shapes, text=words, changes=mutations)
def test_a_warm_reader_reads_what_a_cold_one_reads(
    warm: list[tuple[int, str]], kind: int, text: str, changes: list[tuple[int, int, bytes]]
) -> None:
    reader = cold()
    for shape, word in [*warm, (kind, "warm")]:
        reader.feed(delta(shape, word))
    raw = delta(kind, text)
    for at, width, trick in changes:
        raw = raw[: at % len(raw)] + trick + raw[at % len(raw) + width :]
    if raw.endswith(b"\n\n") and raw.count(b"\n\n") == 1:
        assert outcome(reader, raw) == outcome(cold(), raw)


@given(text=st.binary(max_size=12))
def test_a_hole_takes_one_valid_literal_and_nothing_else(text: bytes) -> None:
    head, tail = sample.chunk(content="@").split(b"@")
    reader = cold()
    reader.feed(head + b"warm" + tail)
    raw = head + text + tail
    assert outcome(reader, raw) == outcome(cold(), raw)


@pytest.mark.parametrize(
    "text", [b' "a"', b'"a" ', b'\n"a"', b'"a"\n', b'\r"a"', b"", b'"', b'"a', b'a"', b"null", b'"a""b"']
)
def test_a_hole_takes_the_literal_alone(text: bytes) -> None:
    head, tail = sample.chunk(content="@").split(b'"@"')
    reader = cold()
    reader.feed(head + b'"warm"' + tail)
    assert outcome(reader, head + text + tail) == outcome(cold(), head + text + tail)


def hits(*raws: bytes, then: bytes) -> bool:
    """Whether the last chunk is read the short way."""
    templates = Templates()
    reader = cold()
    for raw in raws:
        for frame in reader.feed(raw):
            templates.learn(frame)
    return templates.read(then) is not None


def test_plain_chunks_and_tool_arguments_take_the_short_way() -> None:
    def arguments(text: str) -> bytes:
        return sample.chunk(tool_calls=[{"index": 0, "function": {"arguments": text}}])

    assert hits(sample.chunk(content="a"), then=sample.chunk(content="b"))
    assert hits(arguments("a"), then=arguments("b"))
    assert not hits(sample.chunk(content="a"), then=sample.chunk(index=1, content="a"))


SPECIAL = {
    "finish": sample.chunk(content="a", finish="stop"),
    "error": sample.event({"error": "a"}),
    "usage": sample.event({"choices": [sample.choice(content="a")], "usage": {"prompt_tokens": 1}}),
    "logprobs": sample.event({"choices": [{"index": 0, "delta": {"content": "a"}, "logprobs": {}}]}),
    "two texts": sample.chunk(content="a", reasoning="b"),
    "a name": sample.chunk(**{"e@x": 1}),
    "a mark that is none": sample.event({"id": "a b", "choices": []}),
    "an unknown text": sample.chunk(vendor="a"),
    "a long number": sample.event({"x": 4111111111111111}),
}


@pytest.mark.parametrize("raw", SPECIAL.values(), ids=SPECIAL)
def test_what_is_special_is_read_in_full_each_time(raw: bytes) -> None:
    assert not hits(raw, then=raw)


def test_a_name_in_a_texts_place_does_not_hide_a_second_of_that_name() -> None:
    reader = cold()
    reader.feed(b'data: {"b":1,"x@y":2}\n\n')
    with pytest.raises(BackendMalformed):
        reader.feed(b'data: {"b":1,"b":2}\n\n')


def test_padding_that_is_text_is_read_in_full() -> None:
    def padded(padding: str) -> bytes:
        return sample.event({**sample.HEAD, "choices": [sample.choice(content="a")], "obfuscation": padding})

    reader = cold()
    assert [len(reader.feed(padded(noise))[0].slots) for noise in ("aZ", "", "joe@example.com", "b", "a b")] == [
        1,
        1,
        2,
        1,
        2,
    ]


@pytest.mark.parametrize("padding", [b'"\xff"', b'"\\ud800"', b"1", b"null", b'"a","b":"c"', b'"', b""])
def test_padding_that_is_no_plain_literal_is_read_in_full(padding: bytes) -> None:
    document = {**sample.HEAD, "choices": [sample.choice(content="a")], "obfuscation": "@"}
    head, tail = sample.event(document).split(b'"@"')
    reader = cold()
    reader.feed(head + b'"aZ"' + tail)
    raw = head + padding + tail
    assert outcome(reader, raw) == outcome(cold(), raw)


def test_sixteen_choices_in_turn_are_read_right() -> None:
    reader = cold()
    for round_ in range(3):
        for index in range(16):
            (frame,) = reader.feed(sample.chunk(index=index, content=f"w{round_}"))
            assert sample.texts(frame) == [(index, "content", None, f"w{round_}")]
            assert json.loads(frame.raw[frame.slots[0].start : frame.slots[0].end]) == f"w{round_}"
