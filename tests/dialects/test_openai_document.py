"""Every text of an answer lies in the channel that a client joins it to, streamed and whole."""

from collections.abc import Callable
from typing import Any

import pytest

from guard.core.channel import Channel
from guard.core.frame import Frame
from guard.errors import BackendMalformed

from . import sample
from .sample import texts

TEXT = "A b"


def _call(**function: Any) -> dict[str, Any]:
    return {"tool_calls": [{"index": 2, "id": "call_1", "type": "function", "function": function}]}


FIELDS: dict[str, tuple[dict[str, Any], int | None]] = {
    "content": ({"content": TEXT}, None),
    "reasoning_content": ({"reasoning_content": TEXT}, None),
    "reasoning": ({"reasoning": TEXT}, None),
    "refusal": ({"refusal": TEXT}, None),
    "tool_calls.name": (_call(name=TEXT), 2),
    "tool_calls.arguments": (_call(arguments=TEXT), 2),
    "function_call.name": ({"function_call": {"name": TEXT}}, None),
    "function_call.arguments": ({"function_call": {"arguments": TEXT}}, None),
    "audio.transcript": ({"audio": {"id": "audio_1", "transcript": TEXT}}, None),
}


def streamed(**delta: Any) -> Frame:
    (frame,) = sample.read(sample.chunk(index=1, **delta))
    return frame


def whole(**message: Any) -> Frame:
    choice = {"index": 1, "message": {"role": "assistant", **message}, "finish_reason": "stop"}
    return sample.read_whole({**sample.HEAD, "choices": [choice]})


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("read", [streamed, whole])
def test_a_known_field_has_its_channel(read: Callable[..., Frame], field: str) -> None:
    members, tool = FIELDS[field]
    assert texts(read(**members)) == [(1, field, tool, TEXT)]


@pytest.mark.parametrize("read", [streamed, whole])
def test_the_parts_of_a_content_are_one_text(read: Callable[..., Frame]) -> None:
    content = [{"type": "text", "text": TEXT}, "C d", {"type": "refusal", "refusal": "E f"}]
    assert texts(read(content=content)) == [
        (1, "content", None, TEXT),
        (1, "content", None, "C d"),
        (1, "refusal", None, "E f"),
    ]


@pytest.mark.parametrize("read", [streamed, whole])
def test_an_unknown_member_is_a_channel_by_its_path(read: Callable[..., Frame]) -> None:
    top = "delta" if read is streamed else "message"
    frame = read(vendor={"notes": [{"deep": TEXT}]}, **{"a.b": "C d"}, content={"odd": "E f"})
    assert texts(frame) == [
        (1, f"$.{top}.vendor.notes[0].deep", None, TEXT),
        (1, f'$.{top}["a.b"]', None, "C d"),
        (1, f"$.{top}.content.odd", None, "E f"),
    ]


ODD_DOCUMENTS: dict[str, tuple[Any, list[tuple[int, str, int | None, str]]]] = {
    "a string": ("A b", [(-1, "$", None, "A b")]),
    "a list": (["A b", ["C d"]], [(-1, "$[0]", None, "A b"), (-1, "$[1][0]", None, "C d")]),
    "a card": (4111111111111111, [(-1, "$", None, "4111111111111111")]),
    "choices are an object": (
        {"choices": {"0": {"delta": {"content": TEXT}}}},
        [(0, "$.delta.content", None, TEXT)],
    ),
    "choices are strings": ({"choices": [TEXT]}, [(0, "$.choices[0]", None, TEXT)]),
    "delta is a string": ({"choices": [{"delta": TEXT}]}, [(0, "$.delta", None, TEXT)]),
    "delta is a list": ({"choices": [{"delta": [{"content": TEXT}]}]}, [(0, "$.delta[0].content", None, TEXT)]),
    "tool calls are an object": (
        {"choices": [{"delta": {"tool_calls": {"function": {"arguments": TEXT}}}}]},
        [(0, "$.delta.tool_calls.function.arguments", None, TEXT)],
    ),
    "arguments are an object": (
        {"choices": [{"delta": {"tool_calls": [{"function": {"arguments": {"to": TEXT}}}]}}]},
        [(0, "$.delta.tool_calls[0].function.arguments.to", None, TEXT)],
    ),
    "a message beside the choices": ({"message": {"content": TEXT}}, [(-1, "$.message.content", None, TEXT)]),
    "a content at the top": ({"content": TEXT}, [(-1, "$.content", None, TEXT)]),
    "names that spell a path": (
        {"choices[].delta.audio.data": TEXT, "data[].embedding": "C d", "": {"id": "E f"}},
        [(-1, "$.{0}#name", None, "choices[].delta.audio.data")],
    ),
    "finish is an object": ({"choices": [{"finish_reason": {"x": TEXT}}]}, [(0, "$.finish_reason.x", None, TEXT)]),
    "usage is a string": ({"usage": TEXT}, [(-1, "$.usage", None, TEXT)]),
    "a card among numbers": ({"x": [1, 4111111111111111]}, [(-1, "$.x[1]", None, "4111111111111111")]),
    "a card for a time": ({"created": 4111111111111111}, [(-1, "$.created", None, "4111111111111111")]),
}


@pytest.mark.parametrize("case", ODD_DOCUMENTS)
def test_a_document_of_any_shape_is_inspected(case: str) -> None:
    document, found = ODD_DOCUMENTS[case]
    seen = texts(sample.read(sample.event(document)))
    # Outside the choices a text stands alone in its chunk, so its channel bears the chunk's number.
    seen = [(choice, field, None if choice < 0 else tool, text) for choice, field, tool, text in seen]
    assert [each for each in seen if each in found] == found


VALUES = ["joe@example.com", "4111111111111111", "AKIAIOSFODNN7EXAMPLE", "two words"]
MARKS: dict[str, Callable[[str], Any]] = {
    "id": lambda text: {"id": text},
    "object": lambda text: {"object": text},
    "model": lambda text: {"model": text},
    "system_fingerprint": lambda text: {"system_fingerprint": text},
    "service_tier": lambda text: {"service_tier": text},
    "role": lambda text: {"choices": [{"delta": {"role": text}}]},
    "finish_reason": lambda text: {"choices": [{"delta": {}, "finish_reason": text}]},
    "tool id": lambda text: {"choices": [{"delta": {"tool_calls": [{"index": 0, "id": text}]}}]},
    "tool type": lambda text: {"choices": [{"delta": {"tool_calls": [{"index": 0, "type": text}]}}]},
    "audio id": lambda text: {"choices": [{"delta": {"audio": {"id": text}}}]},
    "audio data": lambda text: {"choices": [{"delta": {"audio": {"data": text}}}]},
    "part type": lambda text: {"choices": [{"delta": {"content": [{"type": text}]}}]},
    "unknown type": lambda text: {"x": [{"type": text}]},
    "obfuscation": lambda text: {"obfuscation": text},
    "embedding": lambda text: {"data": [{"embedding": text}]},
    "model list": lambda text: {"data": [{"id": text}]},
    "name": lambda text: {text: None},
    "name of a choice's member": lambda text: {"choices": [{"delta": {text: 1}}]},
}


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("mark", MARKS)
def test_a_mark_that_could_be_a_value_is_inspected(mark: str, value: str) -> None:
    assert [text for _, _, _, text in texts(sample.read(sample.event(MARKS[mark](value))))] == [value]
    assert [text for _, _, _, text in texts(sample.read_whole(MARKS[mark](value)))] == [value]


def test_what_real_servers_say_beside_the_text_is_not_inspected() -> None:
    filters = {"hate": {"filtered": False, "severity": "safe"}}
    document = {
        **sample.HEAD,
        "system_fingerprint": "fp_44709d6fcb",
        "service_tier": "default",
        "provider": "OpenAI",
        "obfuscation": "aZ09kQ",
        "choices": [
            {
                **sample.choice(role="assistant", content="", reasoning_details=[{"type": "reasoning.text"}]),
                "content_filter_results": filters,
                "native_finish_reason": "stop",
                "stop_reason": None,
            }
        ],
        "usage": None,
        "timings": {"prompt_ms": 12.345678901234567, "predicted_n": 3},
    }
    assert texts(sample.read(sample.event(document))) == []


def test_a_word_of_a_stream_is_a_part_of_a_text_and_one_that_stands_alone_is_not() -> None:
    assert texts(streamed(vendor="johndoe")) == [(1, "$.delta.vendor", None, "johndoe")]
    assert texts(whole(vendor="johndoe")) == []
    assert texts(whole(vendor="John")) == [(1, "$.message.vendor", None, "John")]


def test_an_unknown_path_keeps_its_channel_throughout_the_stream() -> None:
    odd: list[dict[str, Any]] = [{"x@y": {"z z": "A b"}}, {"z z": "C d"}, {"x@y": {"z z": "E f"}}]
    found = texts(sample.read(*[sample.chunk(**delta) for delta in odd]))
    assert [(field, text) for _, field, _, text in found if " " in text and text != "z z"] == [
        ("$.delta.{0}.{1}", "A b"),
        ("$.delta.{1}", "C d"),
        ("$.delta.{0}.{1}", "E f"),
    ]


def test_the_choices_of_one_chunk_have_their_own_channels() -> None:
    both = [sample.choice(1, content="A b"), sample.choice(0, content="C d")]
    assert texts(sample.read(sample.event({"choices": both}))) == [
        (1, "content", None, "A b"),
        (0, "content", None, "C d"),
    ]


@pytest.mark.parametrize("index", [-1, 1.0, 100000, "1", True, [1], {"x": 1}, ""])
def test_an_index_has_one_spelling(index: Any) -> None:
    for document in (
        {"choices": [sample.choice(index, content="A b")]},
        {"choices": [sample.choice(tool_calls=[{"index": index, "function": {"arguments": "A b"}}])]},
    ):
        with pytest.raises(BackendMalformed):
            sample.read(sample.event(document))


def test_without_an_index_the_position_counts() -> None:
    calls = [{"function": {"arguments": "A b"}}, {"index": None, "function": {"arguments": "C d"}}]
    frame = sample.read(sample.event({"choices": [{"delta": {"tool_calls": calls}}, {"text": "E f"}]}))
    assert texts(frame) == [
        (0, "tool_calls.arguments", 0, "A b"),
        (0, "tool_calls.arguments", 1, "C d"),
        (1, "text", None, "E f"),
    ]


def test_a_tools_name_ends_where_its_arguments_begin() -> None:
    assert streamed(**_call(name="get")).closes == ()
    assert streamed(**_call(arguments="{")).closes == (Channel(1, "tool_calls.name", 2),)


def test_a_finish_ends_its_choice_whatever_it_says() -> None:
    for reason in ("stop", "joe@example.com", "STOP", "content_filter"):
        (frame,) = sample.read(sample.chunk(index=3, finish=reason))
        assert frame.finishes == (3,)
    for none in (None, "", 5, ["stop"], {"x": "stop"}):
        (frame,) = sample.read(sample.chunk(index=3, finish=none))
        assert frame.finishes == ()


def test_a_whole_answer_ends_every_channel() -> None:
    frame = whole(content=TEXT)
    assert (frame.last, frame.splittable, frame.finishes) == (True, False, (1,))


SPLITTABLE: list[tuple[dict[str, Any], bool]] = [
    ({"content": TEXT}, True),
    ({"role": "assistant", "content": TEXT}, True),
    ({"reasoning_content": TEXT, "content": None}, True),
    ({"refusal": TEXT}, True),
    (_call(arguments=TEXT), False),
    ({"content": TEXT, "reasoning": TEXT}, False),
    ({"content": TEXT, "tool_calls": [{"index": 0, "id": "call_1"}]}, False),
    ({"content": TEXT, "audio": {"data": "A" * 64}}, False),
    ({"content": TEXT, "finish": "stop"}, False),
    ({"vendor": TEXT}, False),
]


@pytest.mark.parametrize(("delta", "splittable"), SPLITTABLE)
def test_a_chunk_is_sent_in_two_only_if_nothing_but_its_text_would_be_said_twice(
    delta: dict[str, Any], splittable: bool
) -> None:
    (frame,) = sample.read(sample.chunk(**delta))
    assert frame.splittable is splittable


MALFORMED = {
    "cut off": b'{"choices":[',
    "no JSON": b"joe@example.com",
    "name twice": b'{"choices":[{"delta":{"content":"a","content":"b"}}]}',
    "name twice, escaped": b'{"choices":[{"delta":{"content":"a","c\\u006fntent":"b"}}]}',
    "not UTF-8": b'{"choices":[{"delta":{"content":"\xff"}}]}',
    "half a surrogate pair": b'{"choices":[{"delta":{"content":"\\ud83d"}}]}',
    "half a surrogate pair in an unknown member": b'{"x":"\\ud83d"}',
    "half a surrogate pair in a mark": b'{"id":"\\ud83d"}',
    "too deep": b"[" * 40 + b"]" * 40,
    "two documents": b"{}{}",
    "trailing text": b'{"choices":[]} joe',
    "end mark and more": b"[DONE] joe",
    "end mark as a list": b"[DONE",
    "more texts than one answer has": b"[" + b",".join(b'"A b"' for _ in range(17_000)) + b"]",
}


@pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED)
def test_what_can_be_read_in_two_ways_is_refused_without_quoting_it(data: bytes) -> None:
    with pytest.raises(BackendMalformed) as caught:
        sample.read(b"data: " + data + b"\n\n", reader=sample.stream_reader())
    assert "joe" not in caught.value.message
    reader = sample.whole_reader()
    reader.feed(data)
    with pytest.raises(BackendMalformed):
        reader.end()
