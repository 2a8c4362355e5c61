"""A stream begins, ends and fails in the forms that the API has for it."""

import json
from typing import Any

import pytest

from guard.core.usage import Usage
from guard.dialects import openai
from guard.dialects.openai_reader import StreamReader
from guard.errors import BackendBroken, BackendMalformed

from . import sample

TYPES = ("EMAIL_ADDRESS",)
USAGE = Usage(prompt=3, completion=5)


def documents(raw: bytes) -> list[Any]:
    """The events' data, decoded; the end mark as it is."""
    data = [event.removeprefix(b"data: ") for event in raw.split(b"\n\n") if event]
    return [each.decode() if each == b"[DONE]" else json.loads(each) for each in data]


def begun(*, usage: bool, **head: Any) -> StreamReader:
    reader = sample.stream_reader(stream_options={"include_usage": usage})
    reader.feed(sample.event({**sample.HEAD, **head, "choices": [sample.choice(content="A b")]}))
    return reader


def test_a_stream_is_whole_with_its_end_mark_and_broken_without() -> None:
    reader = sample.stream_reader()
    (first, last) = reader.feed(sample.chunk(content="a") + sample.DONE)
    assert (first.last, last.last, last.raw) == (False, True, sample.DONE)
    assert reader.end() == []
    reader = sample.stream_reader()
    reader.feed(sample.chunk(content="a"))
    with pytest.raises(BackendBroken):
        reader.end()


@pytest.mark.parametrize("mark", [b"data: [DONE]", b"data: [DONE]\n", b"data:[DONE]\r\n", b"data: [DONE] \r"])
def test_an_end_mark_without_its_blank_line_is_one(mark: bytes) -> None:
    reader = sample.stream_reader()
    frames = [*reader.feed(mark), *reader.end()]
    assert [frame.last for frame in frames] == [True]
    assert frames[0].raw.startswith(mark)


def test_a_chunk_that_the_end_cuts_off_does_not_pass() -> None:
    reader = sample.stream_reader()
    reader.feed(sample.chunk(content="joe")[:-8])
    with pytest.raises((BackendBroken, BackendMalformed)):
        reader.end()


def test_nothing_comes_behind_the_end_mark_but_keep_alives() -> None:
    reader = sample.stream_reader()
    reader.feed(sample.chunk(content="a") + sample.DONE)
    assert [frame.slots for frame in reader.feed(b": ping\n\n\n\n")] == [(), ()]
    for more in (sample.chunk(content="a"), sample.DONE, b"data: x\n\n"):
        with pytest.raises(BackendMalformed):
            reader.feed(more)


def test_a_byte_order_mark_may_begin_the_stream_and_stands_nowhere_else() -> None:
    reader = sample.stream_reader()
    raw = b"\xef\xbb\xbf" + sample.chunk(content="a")
    (frame,) = reader.feed(raw)
    assert frame.raw == raw
    assert len(frame.slots) == 1
    with pytest.raises(BackendMalformed):
        reader.feed(raw)


def test_data_on_several_lines_is_inspected_as_the_client_gets_it() -> None:
    raw = b'data: {"choices":[{"index":0,\ndata: "delta":{"content":"jo\ndata: hn@example.com"}}]}\n\n'
    (frame,) = sample.read(raw)
    (slot,) = frame.slots
    assert slot.text == "jo hn@example.com"
    assert b"\n" not in frame.raw.removesuffix(b"\n\n")
    assert json.loads(frame.raw[slot.start : slot.end]) == slot.text


def test_the_usage_that_the_client_did_not_ask_for_is_counted_and_not_shown() -> None:
    last = sample.event({**sample.HEAD, "choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 5}})
    (shown,) = sample.read(last)
    (hidden,) = sample.read(last, reader=sample.stream_reader(stream_options=None))
    assert (shown.raw, shown.usage) == (last, USAGE)
    assert (hidden.raw, hidden.slots, hidden.usage) == (b"", (), USAGE)


@pytest.mark.parametrize(
    "document",
    [
        {"choices": [sample.choice(content="A b")], "usage": {"prompt_tokens": 3}},
        {"choices": [], "usage": {"prompt_tokens": 3}, "error": {"message": "It broke."}},
        {"choices": [], "usage": None},
    ],
)
def test_no_other_chunk_is_hidden(document: dict[str, Any]) -> None:
    raw = sample.event(document)
    (frame,) = sample.read(raw, reader=sample.stream_reader(stream_options=None))
    assert frame.raw == raw


def test_a_blocked_stream_finishes_its_open_choices_and_tells_the_usage_if_asked() -> None:
    head = {"id": sample.ID, "object": "chat.completion.chunk", "created": 1_700_000_000, "model": "m-1"}
    guard = {"exchange": "EX", "reason": "blocked", "findings": ["EMAIL_ADDRESS"]}
    ends = [
        {**head, "choices": [{"index": i, "finish_reason": "content_filter", "delta": {}}], "guard": guard}
        for i in (0, 2)
    ]
    tokens = {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}
    assert documents(begun(usage=True).halted((0, 2), "EX", TYPES, USAGE)) == [
        *ends,
        {**head, "choices": [], "usage": tokens},
        "[DONE]",
    ]
    assert documents(begun(usage=False).halted((0, 2), "EX", TYPES, USAGE)) == [*ends, "[DONE]"]


@pytest.mark.parametrize("value", ["joe@example.com", "4111111111111111", "AKIAIOSFODNN7EXAMPLE", "two words"])
def test_what_guard_says_in_the_backends_name_repeats_no_value(value: str) -> None:
    raw = begun(usage=True, id=value, object=value, model=value).halted((0,), "EX", TYPES, USAGE)
    assert value.encode() not in raw
    (first, *_) = documents(raw)
    assert (first["id"], first["object"], first["model"]) == ("chatcmpl-EX", "chat.completion.chunk", "m-1")


def test_a_blocked_completion_has_a_text_and_no_delta() -> None:
    reader = sample.stream_reader(openai.completions(sample.LIMITS), prompt="a")
    (first, *_) = documents(reader.halted((0,), "EX", TYPES, USAGE))
    assert first["choices"] == [{"index": 0, "finish_reason": "content_filter", "text": ""}]


def test_a_blocked_whole_answer_keeps_the_answers_form() -> None:
    reader = sample.whole_reader()
    reader.feed(json.dumps({**sample.HEAD, "object": "chat.completion", "choices": []}).encode())
    reader.end()
    answer = json.loads(reader.halted(range(2), "EX", TYPES, USAGE))
    message = {"role": "assistant", "content": ""}
    assert answer["id"] == sample.ID
    assert answer["choices"] == [{"index": i, "finish_reason": "content_filter", "message": message} for i in (0, 1)]
    assert answer["usage"]["total_tokens"] == 8


def test_a_failure_in_a_stream_is_an_error_and_no_end_mark() -> None:
    raw = sample.stream_reader().failed(BackendBroken("It broke; try again."), "EX")
    (error,) = documents(raw)
    assert error["error"]["message"] == "It broke; try again."
    assert (error["error"]["code"], error["error"]["exchange"]) == ("backend_broken", "EX")
    assert error["error"]["type"] == "upstream_error"
    assert (
        json.loads(sample.whole_reader().failed(BackendBroken("It broke."), "EX"))["error"]["code"] == "backend_broken"
    )


def test_a_refusal_names_types_and_the_exchange() -> None:
    body = json.loads(sample.CHAT.refusal(BackendBroken("It broke."), "EX", TYPES))
    assert body["error"]["findings"] == ["EMAIL_ADDRESS"]
    assert body["error"]["exchange"] == "EX"
    assert "findings" not in json.loads(sample.CHAT.refusal(BackendBroken("It broke."), "EX"))["error"]


def test_a_whole_answer_past_the_limit_is_refused_before_it_is_read() -> None:
    reader = sample.whole_reader()
    for _ in range(10):
        reader.feed(b" " * 100_000)
    with pytest.raises(BackendMalformed, match="answer_bytes"):
        reader.feed(b" ")


def test_a_stream_of_ever_new_channels_ends() -> None:
    reader = sample.stream_reader()
    for number in range(64):
        reader.feed(sample.chunk(**{f"v{number}": [f"A {each}" for each in range(256)]}))
    with pytest.raises(BackendMalformed, match="texts"):
        reader.feed(sample.chunk(more="A b"))


def test_no_text_shows_in_a_repr() -> None:
    frames = sample.read(sample.chunk(content="joe@example.com"))
    assert "joe" not in repr((frames, frames[0].slots, sample.ask(user="joe@example.com")))
