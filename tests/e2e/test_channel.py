"""Every channel of every answer is guarded, streamed and whole, wherever the text is cut."""

import json
import re
from collections.abc import Callable
from typing import Any

import httpx
import msgspec
import pytest

from . import wire
from .planted import AWS_KEY, CARD, EMAIL, assert_clean
from .process import Guard
from .scripted import Fault, Gate, ScriptedBackend

TEXT = f"Write to {EMAIL} today."
MASKED = "Write to [EMAIL_ADDRESS] today."


def _call(**function: str) -> dict[str, Any]:
    return {"tool_calls": [{"index": 0, "id": "c1", "type": "function", "function": function}]}


DELTAS: dict[str, Callable[[str], dict[str, Any]]] = {
    "content": lambda text: {"content": text},
    "reasoning_content": lambda text: {"reasoning_content": text},
    "reasoning": lambda text: {"reasoning": text},
    "refusal": lambda text: {"refusal": text},
    "tool name": lambda text: _call(name=text),
    "tool arguments": lambda text: _call(arguments=text),
    "function name": lambda text: {"function_call": {"name": text}},
    "function arguments": lambda text: {"function_call": {"arguments": text}},
    "audio transcript": lambda text: {"audio": {"id": "a1", "transcript": text}},
    "unknown string": lambda text: {"vendor_note": text},
    "unknown nested string": lambda text: {"vendor": {"notes": [{"deep": text}]}},
}


def strings(value: Any) -> str:
    """All string values in an event, joined: what a reader could put together."""
    if isinstance(value, dict):
        return "".join(strings(member) for member in value.values())
    if isinstance(value, list):
        return "".join(strings(member) for member in value)
    return value if isinstance(value, str) else ""


@pytest.mark.parametrize("cut", [1, 5, len(TEXT)], ids=lambda cut: f"cut every {cut}")
@pytest.mark.parametrize("channel", DELTAS)
def test_a_streamed_value_is_masked_on_every_channel(
    guard: Guard, http: httpx.Client, backend: ScriptedBackend, model: str, channel: str, cut: int
) -> None:
    deltas = [DELTAS[channel](TEXT[at : at + cut]) for at in range(0, len(TEXT), cut)]
    backend.play(*wire.stream(*(wire.chunk(**delta) for delta in deltas), wire.chunk(finish="stop")))
    answer = wire.seen(http.post(f"{guard.base_url}/chat/completions", json=wire.ask(model)).content)
    written = "".join(strings(choice["delta"]) for value in answer.events for choice in value["choices"])
    assert "[EMAIL_ADDRESS]" in written
    assert_clean(written)
    assert answer.done


@pytest.mark.parametrize("channel", DELTAS)
def test_a_value_in_a_whole_answer_is_masked_on_every_channel(
    guard: Guard, http: httpx.Client, backend: ScriptedBackend, model: str, channel: str
) -> None:
    backend.play(*wire.whole(wire.message(**DELTAS[channel](TEXT))))
    answer = http.post(f"{guard.base_url}/chat/completions", json=wire.ask(model, stream=False))
    assert answer.status_code == 200
    assert "[EMAIL_ADDRESS]" in strings(answer.json())
    assert_clean(answer.content)


@pytest.mark.parametrize("channel", DELTAS)
def test_a_bare_value_cut_in_two_anywhere_is_masked_on_every_channel(
    guard: Guard, http: httpx.Client, backend: ScriptedBackend, model: str, channel: str
) -> None:
    value = "johndoe%40example.org"
    for cut in range(1, len(value)):
        deltas = [DELTAS[channel](value[:cut]), DELTAS[channel](value[cut:])]
        backend.play(*wire.stream(*(wire.chunk(**delta) for delta in deltas), wire.chunk(finish="stop")))
        answer = wire.seen(http.post(f"{guard.base_url}/chat/completions", json=wire.ask(model)).content)
        written = "".join(strings(choice["delta"]) for event in answer.events for choice in event["choices"])
        assert "[EMAIL_ADDRESS]" in written, f"cut at {cut}"
        assert "john" not in written, f"cut at {cut}"


MARKS: dict[str, Callable[[str], dict[str, Any]]] = {
    "id": lambda text: {"id": text},
    "model": lambda text: {"model": text},
    "object": lambda text: {"object": text},
    "fingerprint": lambda text: {"system_fingerprint": text},
    "service tier": lambda text: {"service_tier": text},
    "role": lambda text: {"choices": [{"index": 0, "delta": {"role": text}}]},
    "finish": lambda text: {"choices": [{"index": 0, "delta": {}, "finish_reason": text}]},
    "tool id": lambda text: {"choices": [{"index": 0, "delta": {"tool_calls": [{"index": 0, "id": text}]}}]},
    "tool type": lambda text: {"choices": [{"index": 0, "delta": {"tool_calls": [{"index": 0, "type": text}]}}]},
    "member name": lambda text: {"choices": [{"index": 0, "delta": {text: "x"}}]},
}


@pytest.mark.parametrize("value", [EMAIL, AWS_KEY, CARD.replace(" ", "")], ids=["mail", "key", "card"])
@pytest.mark.parametrize("mark", MARKS)
def test_names_and_marks_carry_no_value(
    guard: Guard, http: httpx.Client, backend: ScriptedBackend, model: str, mark: str, value: str
) -> None:
    head = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": []}
    backend.play(*wire.stream(wire.event({**head, **MARKS[mark](value)})))
    raw = http.post(f"{guard.base_url}/chat/completions", json=wire.ask(model)).content
    assert value.encode() not in raw


def _log_probability(token: str) -> dict[str, Any]:
    one = {"token": token, "logprob": -0.1, "bytes": list(token.encode())}
    return {**one, "top_logprobs": [one]}


@pytest.mark.parametrize("stream", [True, False])
def test_log_probabilities_do_not_repeat_what_is_masked(
    guard: Guard, http: httpx.Client, backend: ScriptedBackend, model: str, stream: bool
) -> None:
    tokens = ["Write", " to", " jane", ".roe", "@", "example", ".com", " today", "."]
    if stream:
        chunks = [msgspec.json.decode(wire.chunk(content=token).removeprefix(b"data: ")) for token in tokens]
        for chunk, token in zip(chunks, tokens, strict=True):
            chunk["choices"][0]["logprobs"] = {"content": [_log_probability(token)]}
        backend.play(*wire.stream(*map(wire.event, chunks), wire.chunk(finish="stop")))
    else:
        body = wire.message(content="".join(tokens))
        body["choices"][0]["logprobs"] = {"content": [_log_probability(token) for token in tokens]}
        backend.play(*wire.whole(body))
    raw = http.post(f"{guard.base_url}/chat/completions", json=wire.ask(model, stream=stream, logprobs=True)).text
    assert "[EMAIL_ADDRESS]" in raw
    assert not [token for token in ("jane", "roe", "example") if token in raw]
    assert str(list(b" jane"))[1:-1].replace(" ", "") not in raw.replace(" ", "")


@pytest.mark.parametrize("stream", [True, False])
def test_completions_are_masked(
    guard: Guard, http: httpx.Client, backend: ScriptedBackend, model: str, stream: bool
) -> None:
    choices = [{"index": 0, "text": TEXT, "finish_reason": None if stream else "stop"}]
    body = {"id": "cmpl-1", "object": "text_completion", "created": 1, "model": "m", "choices": choices}
    backend.play(*(wire.stream(wire.event(body)) if stream else wire.whole(body)))
    answer = http.post(f"{guard.base_url}/completions", json={"model": model, "prompt": "Say.", "stream": stream})
    raw = wire.seen(answer.content).events[0] if stream else answer.json()
    assert raw["choices"][0]["text"] == MASKED


PROMPTS: dict[str, dict[str, Any]] = {
    "content": {"messages": [{"role": "user", "content": TEXT}]},
    "parts": {"messages": [{"role": "user", "content": [{"type": "text", "text": TEXT}]}]},
    "system": {"messages": [{"role": "system", "content": TEXT}, {"role": "user", "content": "Hi"}]},
    "tool result": {"messages": [{"role": "tool", "tool_call_id": "c1", "content": TEXT}]},
    "tool arguments": {
        "messages": [{"role": "assistant", "content": None, **_call(name="f", arguments=json.dumps({"a": TEXT}))}]
    },
    "tool description": {
        "messages": [{"role": "user", "content": "Hi"}],
        "tools": [{"type": "function", "function": {"name": "f", "description": TEXT, "parameters": {}}}],
    },
    "unknown member": {"messages": [{"role": "user", "content": "Hi"}], "vendor_note": TEXT},
}


@pytest.mark.parametrize("place", PROMPTS)
def test_a_value_in_a_prompt_never_reaches_the_backend(
    guard: Guard, http: httpx.Client, backend: ScriptedBackend, model: str, place: str
) -> None:
    backend.play(*wire.whole(wire.message(content="Fine.")))
    answer = http.post(f"{guard.base_url}/chat/completions", json={"model": model, **PROMPTS[place]})
    assert answer.status_code == 200
    body = backend.seen().body
    assert re.search(rb"<EMAIL_ADDRESS_[a-z2-9]{4}>", body)
    assert_clean(body)


def test_an_embedding_is_made_of_masked_text(
    guard: Guard, http: httpx.Client, backend: ScriptedBackend, model: str
) -> None:
    vector = {"object": "embedding", "index": 0, "embedding": [0.5, 0.25]}
    backend.play(*wire.whole({"object": "list", "model": "m", "data": [vector]}))
    answer = http.post(f"{guard.base_url}/embeddings", json={"model": model, "input": ["Hello", TEXT]})
    assert answer.json()["data"] == [vector]
    assert backend.seen().json["input"] == ["Hello", MASKED]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 100_000])
def test_the_cut_of_the_wire_changes_nothing(
    guard: Guard, http: httpx.Client, backend: ScriptedBackend, model: str, size: int
) -> None:
    body = b"".join(wire.chunk(content=piece) for piece in ("Ünï ", "write to jane.", "roe@example.com", " – bye"))
    body = b": keep-alive\r\n\r\n" + body + wire.chunk(finish="stop") + wire.DONE
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    backend.play(wire.head(), *map(wire.part, pieces), wire.END)
    answer = wire.seen(http.post(f"{guard.base_url}/chat/completions", json=wire.ask(model)).content)
    assert answer.text() == "Ünï write to [EMAIL_ADDRESS] – bye"
    assert answer.done


def test_clean_text_flows_while_the_backend_still_writes_and_a_doubtful_end_waits(
    guard: Guard, http: httpx.Client, backend: ScriptedBackend, model: str
) -> None:
    gate = Gate()
    first = wire.part(wire.chunk(content="Write to jane.roe@exam"))
    last = wire.part(wire.chunk(content="ple.com today.")) + wire.part(wire.chunk(finish="stop") + wire.DONE)
    backend.play(wire.head(), first, gate, last, wire.END)
    with http.stream("POST", f"{guard.base_url}/chat/completions", json=wire.ask(model)) as answer:
        parts, raw = answer.iter_bytes(), b""
        while b"Write to" not in raw:
            raw += next(parts)
        assert b"jane" not in raw
        gate.open()
        raw += b"".join(parts)
    assert wire.seen(raw).text() == MASKED


def test_bytes_that_need_no_change_are_not_changed(
    guard: Guard, http: httpx.Client, backend: ScriptedBackend, model: str
) -> None:
    odd = b'data: {"choices" : [ {"delta":{"content":"\\u0041ha "},"index":0, "x_p":1.50e+1} ],  "v":{"a":[1E2]}}\n\n'
    backend.play(*wire.stream(odd, wire.chunk(content="so it is."), wire.chunk(finish="stop")))
    raw = http.post(f"{guard.base_url}/chat/completions", json=wire.ask(model)).content
    assert odd in raw


def test_a_key_block_without_end_never_shows_its_body(
    guard: Guard, http: httpx.Client, backend: ScriptedBackend, model: str
) -> None:
    body = "MIIEEXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAMPLE\n"
    events = [wire.chunk(content="-----BEGIN RSA PRIVATE KEY-----\n"), *[wire.chunk(content=body)] * 50]
    backend.play(wire.head(), *map(wire.part, events), Fault.CLOSE)
    raw = http.post(f"{guard.base_url}/chat/completions", json=wire.ask(model)).content
    assert b"MIIE" not in raw
    assert wire.seen(raw).error is not None
