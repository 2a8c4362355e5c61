"""A backend that fails in the middle of a stream: an error frame, no end mark, and nothing that was still held."""

import gzip
from typing import Any

import httpx
import pytest

from . import wire
from .planted import AWS_KEY, CLIENT_KEY, EMAIL, assert_clean
from .process import Guard
from .scripted import Fault, Forever, ScriptedBackend, Step

HELLO = wire.part(wire.chunk(content="Hello there. "))
HELD = wire.part(wire.chunk(content="Write to jane.roe@exam"))


def asked(http: httpx.Client, guard: Guard, model: str, **members: Any) -> wire.Seen:
    with http.stream("POST", f"{guard.base_url}/chat/completions", json=wire.ask(model, **members)) as answer:
        raw = answer.read()
    assert answer.status_code == 200
    found = wire.seen(raw)
    if found.error is not None:
        assert found.error["exchange"] == answer.headers["x-guard-exchange"]
    assert_clean(raw)
    return found


FAULTS: dict[str, tuple[tuple[Step, ...], set[str]]] = {
    "reset": ((HELLO, HELD, Fault.RESET), {"backend_broken"}),
    "closed": ((HELLO, HELD, Fault.CLOSE), {"backend_broken"}),
    "ended without an end mark": ((HELLO, HELD, wire.END), {"backend_broken", "backend_malformed"}),
    "broken JSON": ((HELLO, HELD, wire.part(b'data: {"choices": [\n\n'), Fault.STALL), {"backend_malformed"}),
    "not UTF-8": (
        (HELLO, HELD, wire.part(b'data: {"choices":[{"index":0,"delta":{"content":"\xff"}}]}\n\n'), Fault.STALL),
        {"backend_malformed"},
    ),
    "twice the same key": (
        (
            HELLO,
            HELD,
            wire.part(
                b'data: {"choices":[{"index":0,"delta":{"content":"a","content":"' + EMAIL.encode() + b'"}}]}\n\n'
            ),
            Fault.STALL,
        ),
        {"backend_malformed"},
    ),
    "too deep": (
        (HELLO, HELD, wire.part(b"data: " + b"[" * 5000 + b"]" * 5000 + b"\n\n"), Fault.STALL),
        {"backend_malformed"},
    ),
    "ten megabytes in one event": (
        (HELLO, HELD, wire.part(wire.chunk(content="word " * 2_000_000)), Fault.STALL),
        {"backend_malformed"},
    ),
    "an event without end": ((HELLO, HELD, Forever(wire.part(b"data: " + b"x" * 60_000))), {"backend_malformed"}),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_failure_in_the_stream_is_told_and_ends_it(
    guard: Guard, http: httpx.Client, backend: ScriptedBackend, model: str, fault: str
) -> None:
    script, codes = FAULTS[fault]
    backend.play(wire.head(), *script)
    answer = asked(http, guard, model)
    assert answer.error is not None
    assert answer.error["code"] in codes
    assert not answer.done
    assert answer.text() in ("", "Hello there. ", "Hello there. Write to ")
    row = guard.row(model, "failed")
    assert row["reason"] == answer.error["code"]


def test_silence_in_the_stream_ends_it(guard: Guard, http: httpx.Client, backend: ScriptedBackend) -> None:
    backend.play(wire.head(), HELLO, HELD, Fault.STALL)
    answer = asked(http, guard, "impatient-stream")
    assert answer.error is not None
    assert answer.error["code"] == "backend_timeout"
    assert not answer.done
    assert backend.seen().dropped()


def test_bad_framing_is_told_however_far_the_answer_got(
    guard: Guard, http: httpx.Client, backend: ScriptedBackend, model: str
) -> None:
    for bad in (b"zz\r\nnonsense\r\n", b"-5\r\nab\r\n", b"5\r\nabcdefgh\r\n"):
        backend.play(wire.head(), HELLO, HELD, bad, Fault.STALL)
        answer = http.post(f"{guard.base_url}/chat/completions", json=wire.ask(f"impatient-{model}"))
        error = wire.seen(answer.content).error if answer.status_code == 200 else answer.json()["error"]
        assert error is not None
        assert error["code"] in ("backend_broken", "backend_malformed", "backend_timeout")
        assert b"[DONE]" not in answer.content
        assert b"jane" not in answer.content


@pytest.mark.parametrize(
    "garbage",
    [
        f"{EMAIL}\n\n".encode(),
        f": {EMAIL}\n\n".encode(),
        f"event: {EMAIL}\n".encode() + wire.chunk(content="x"),
        f"id: {EMAIL}\n".encode() + wire.chunk(content="x"),
        f"vendor: {EMAIL}\n".encode() + wire.chunk(content="x"),
        f"data: {EMAIL}\n\n".encode(),
        wire.event([EMAIL]),
        wire.event(EMAIL),
        wire.event({EMAIL: 1}),
    ],
    ids=["no field", "comment", "event name", "event id", "unknown field", "no JSON", "list", "string", "member name"],
)
def test_text_beside_the_events_does_not_slip_through(
    guard: Guard, http: httpx.Client, backend: ScriptedBackend, model: str, garbage: bytes
) -> None:
    backend.play(*wire.stream(wire.chunk(content="Hello. "), garbage, wire.chunk(finish="stop")))
    raw = http.post(f"{guard.base_url}/chat/completions", json=wire.ask(model)).content
    assert_clean(raw)


@pytest.mark.parametrize("words", ["It broke.", f"could not serve {EMAIL}", f"no mail for {EMAIL} here"])
def test_an_error_frame_of_the_backend_is_told_without_its_values(
    guard: Guard, http: httpx.Client, backend: ScriptedBackend, model: str, words: str
) -> None:
    frame = wire.event({"error": {"message": words, "type": "x", "code": 500}})
    backend.play(wire.head(), HELLO, wire.part(frame), wire.END)
    raw = http.post(f"{guard.base_url}/chat/completions", json=wire.ask(model)).content
    assert_clean(raw)
    assert wire.seen(raw).error is not None
    assert not wire.seen(raw).done
    guard.row(model, "failed")


def test_answer_text_that_reads_like_an_error_is_no_error(
    guard: Guard, http: httpx.Client, backend: ScriptedBackend, model: str
) -> None:
    text = '{"error": {"message": "blocked", "code": "content_filter"}}'
    backend.play(*wire.stream(wire.chunk(content=text), wire.chunk(finish="stop")))
    answer = asked(http, guard, model)
    assert (answer.text(), answer.done, answer.error) == (text, True, None)


def test_a_compressed_stream_is_read_or_refused(
    guard: Guard, http: httpx.Client, backend: ScriptedBackend, model: str
) -> None:
    packed = gzip.compress(wire.chunk(content=f"Write to {EMAIL} now.") + wire.chunk(finish="stop") + wire.DONE)
    backend.play(wire.head(headers=["content-encoding: gzip"]), wire.part(packed), wire.END)
    answer = http.post(f"{guard.base_url}/chat/completions", json=wire.ask(model))
    assert_clean(answer.content)
    if answer.status_code == 200:
        found = wire.seen(answer.content)
        assert found.error is not None or found.text() == "Write to [EMAIL_ADDRESS] now."


def test_a_client_that_leaves_an_endless_stream_ends_it(
    guard: Guard, http: httpx.Client, backend: ScriptedBackend, model: str
) -> None:
    backend.play(wire.head(), Forever(HELLO))
    with http.stream("POST", f"{guard.base_url}/chat/completions", json=wire.ask(model)) as answer:
        next(answer.iter_bytes())
    assert backend.seen().dropped()
    guard.row(model, "aborted")


def test_a_block_ends_every_open_choice_and_the_backend_at_once(
    strict: Guard, backend: ScriptedBackend, model: str
) -> None:
    key = {"authorization": f"Bearer {CLIENT_KEY}"}
    first = [wire.part(wire.chunk(index=index, content="Fine so far. ")) for index in range(3)]
    closed = wire.part(wire.chunk(index=2, finish="stop"))
    # What stands before the key is decided once some words have followed it.
    secret = wire.part(wire.chunk(index=1, content=f"Key: {AWS_KEY} done, and so it goes on and on."))
    backend.play(wire.head(), *first, closed, secret, Fault.STALL)
    with httpx.Client(headers=key, trust_env=False) as client:
        answer = asked(client, strict, model, n=3, stream_options={"include_usage": True})
    assert {index: answer.finishes[index] for index in (0, 1)} == dict.fromkeys((0, 1), "content_filter")
    # Its end had come; whether it had left as well depends on when the verdict on its text was there.
    assert answer.finishes[2] in ("stop", "content_filter")
    assert answer.done
    assert answer.error is None
    assert len(answer.usages) == 1
    assert backend.seen().dropped()
    row = strict.row(model, "blocked")
    assert row["decision"] == "block"
    assert "SECRET_AWS_ACCESS_KEY" in row["findings"]
    assert row["withheld_tokens"] > 0


@pytest.mark.parametrize("stream", [True, False])
def test_a_block_shows_nothing_of_what_was_blocked(
    strict: Guard, http: httpx.Client, backend: ScriptedBackend, model: str, stream: bool
) -> None:
    text = f"Key: {AWS_KEY} and more"
    script = (
        wire.stream(wire.chunk(content=text), wire.chunk(finish="stop"))
        if stream
        else wire.whole(wire.message(content=text))
    )
    backend.play(*script)
    headers = {"authorization": f"Bearer {CLIENT_KEY}"}
    answer = http.post(f"{strict.base_url}/chat/completions", json=wire.ask(model, stream=stream), headers=headers)
    assert_clean(answer.content)
    assert b"and more" not in answer.content
    assert b"content_filter" in answer.content
    strict.row(model, "blocked")
