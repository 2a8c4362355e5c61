"""Only the literals that changed differ; what repeats them becomes null."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.core.channel import Channel
from guard.core.frame import Frame, Slot
from guard.dialects.splice import render

from . import sample

RAW = b'data: { "a" : "one" ,"b":  "tw\\u006f", "n":1.50, "c":"three" }\n\n'


def frame_of(raw: bytes) -> Frame:
    (frame,) = sample.read(raw)
    return frame


def test_an_unchanged_frame_is_the_bytes_that_came() -> None:
    frame = frame_of(RAW)
    assert render(frame, None) is frame.raw
    assert render(frame, [slot.text for slot in frame.slots]) == RAW


def test_only_the_changed_literal_differs() -> None:
    frame = frame_of(RAW)
    assert [slot.text for slot in frame.slots] == ["one", "two", "three"]
    assert render(frame, ["one", "2\n", "three"]) == RAW.replace(b'"tw\\u006f"', b'"2\\n"')
    assert render(frame, ["", "two", "III"]) == RAW.replace(b'"one"', b'""').replace(b'"three"', b'"III"')


def test_a_number_that_is_masked_becomes_a_string() -> None:
    frame = frame_of(b'data: {"card":4111111111111111,"x":1}\n\n')
    assert render(frame, ["[CARD]"]) == b'data: {"card":"[CARD]","x":1}\n\n'


def test_texts_and_slots_are_one_for_one() -> None:
    with pytest.raises(ValueError):
        render(frame_of(RAW), ["one"])


LOGPROBS = {"content": [{"token": "one", "logprob": -0.5, "bytes": [111], "top_logprobs": []}]}


def with_logprobs() -> Frame:
    first = {**sample.choice(content="one"), "logprobs": LOGPROBS}
    return frame_of(sample.event({**sample.HEAD, "choices": [first], "prompt_token_ids": [1, 2], "vendor": "x"}))


def test_what_repeats_a_changed_text_becomes_null() -> None:
    frame = with_logprobs()
    names = [slot.channel.field for slot in frame.slots]
    changed = ["***" if name == "content" else slot.text for name, slot in zip(names, frame.slots, strict=True)]
    out = json.loads(render(frame, changed).removeprefix(b"data: "))
    assert out["choices"][0]["logprobs"] is None
    assert out["prompt_token_ids"] is None
    assert (out["choices"][0]["delta"]["content"], out["vendor"]) == ("***", "x")


def test_a_change_within_what_repeats_it_nulls_it_as_a_whole() -> None:
    frame = with_logprobs()
    changed = ["***" if slot.channel.field.startswith("logprobs") else slot.text for slot in frame.slots]
    out = json.loads(render(frame, changed).removeprefix(b"data: "))
    assert out["choices"][0]["logprobs"] is None
    assert out["choices"][0]["delta"]["content"] == "one"


def test_what_repeats_an_unchanged_text_stays() -> None:
    frame = with_logprobs()
    assert render(frame, [slot.text for slot in frame.slots]) == frame.raw


def test_patches_are_made_with_and_without_changes() -> None:
    frame = frame_of(b': joe@example.com\ndata: {"x":"a b"}\n\n')
    assert render(frame, None) == b':\ndata: {"x":"a b"}\n\n'
    assert render(frame, ["c"]) == b':\ndata: {"x":"c"}\n\n'


@given(literals=st.lists(st.text(max_size=5), min_size=1, max_size=5), new=st.lists(st.text(max_size=5), min_size=5))
def test_every_slot_gets_its_own_text(literals: list[str], new: list[str]) -> None:
    raw, slots = b"", []
    for number, text in enumerate(literals):
        raw += b"|"
        literal = json.dumps(text).encode()
        slots.append(Slot(Channel(0, str(number)), text, len(raw), len(raw) + len(literal)))
        raw += literal
    wanted: Any = new[: len(literals)]
    rendered = render(Frame(raw, tuple(slots)), wanted)
    decoder, at, found = json.JSONDecoder(), 1, []
    text = rendered.decode()
    while at <= len(text):
        value, at = decoder.raw_decode(text, at)
        found.append(value)
        at += 1
    assert found == wanted
