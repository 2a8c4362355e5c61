"""A backend that fails before or instead of an answer: a clear error in the API's own form, and nothing else."""

import gzip

import httpx
import msgspec
import pytest

from . import wire
from .planted import BACKEND_KEY, EMAIL, assert_clean
from .process import Guard
from .scripted import Fault, Forever, ScriptedBackend, Step

JSON = "application/json"
HTML = f"<html><body>Bad gateway at backend-7.internal for {EMAIL}</body></html>".encode()
ERROR = msgspec.json.encode({"error": {"message": f"no such user {EMAIL}", "type": "x", "param": None, "code": "y"}})

streamed_or_whole = pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])


def failed(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of an error answer, which must be in OpenAI's form and name its exchange if there was one."""
    assert answer.headers["content-type"].startswith(JSON)
    error = answer.json()["error"]
    assert {"message", "type", "param", "code", "exchange"} <= set(error)
    assert error["exchange"] == answer.headers.get("x-guard-exchange", "")
    assert_clean(answer.content)
    assert BACKEND_KEY not in answer.text
    return answer.status_code, error["code"]


def asked(http: httpx.Client, guard: Guard, model: str, stream: bool) -> httpx.Response:
    return http.post(f"{guard.base_url}/chat/completions", json=wire.ask(model, stream=stream))


@streamed_or_whole
def test_refused_connection(guard: Guard, http: httpx.Client, stream: bool) -> None:
    assert failed(asked(http, guard, "dead-end", stream)) == (502, "backend_unreachable")


@streamed_or_whole
def test_silence_before_the_head(guard: Guard, http: httpx.Client, backend: ScriptedBackend, stream: bool) -> None:
    backend.play(Fault.STALL)
    assert failed(asked(http, guard, "impatient", stream)) == (504, "backend_timeout")
    assert backend.seen().dropped()


FAULTS: dict[str, tuple[tuple[Step, ...], set[str]]] = {
    "closed before the head": ((Fault.CLOSE,), {"backend_broken", "backend_unreachable"}),
    "reset before the head": ((Fault.RESET,), {"backend_broken", "backend_unreachable"}),
    "half a head": ((b"HTTP/1.1 200 OK\r\ncontent-", Fault.CLOSE), {"backend_broken", "backend_malformed"}),
    "no HTTP": ((b"SSH-2.0-something\r\n\r\n", Fault.CLOSE), {"backend_broken", "backend_malformed"}),
    "HTML with 200": (wire.whole(HTML, headers=["x-a: b"]), {"backend_malformed"}),
    "broken JSON": (wire.whole(b'{"choices": [{"message": {"content": "jane.roe@exa'), {"backend_malformed"}),
    "twice the same key": (
        wire.whole(b'{"choices":[{"index":0,"message":{"content":"ok","content":"' + EMAIL.encode() + b'"}}]}'),
        {"backend_malformed"},
    ),
    "not UTF-8": (wire.whole(b'{"choices":[{"index":0,"message":{"content":"\xff\xfe"}}]}'), {"backend_malformed"}),
    "cut short": (
        (b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{", Fault.CLOSE),
        {"backend_broken", "backend_malformed"},
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_whole_answer_that_is_none(
    guard: Guard, http: httpx.Client, backend: ScriptedBackend, model: str, fault: str
) -> None:
    script, codes = FAULTS[fault]
    backend.play(*script)
    status, code = failed(asked(http, guard, model, stream=False))
    assert status == 502
    assert code in codes
    guard.row(model, "failed")


@streamed_or_whole
@pytest.mark.parametrize("body", [HTML, b""], ids=["html", "empty"])
@pytest.mark.parametrize("status", ["400 Bad Request", "401 Unauthorized", "429 Too Many", "500 Error", "503 Gone"])
def test_a_backends_unreadable_error_becomes_one_of_ours(
    guard: Guard, http: httpx.Client, backend: ScriptedBackend, model: str, status: str, body: bytes, stream: bool
) -> None:
    backend.play(*wire.whole(body, status))
    answer = asked(http, guard, model, stream)
    assert failed(answer)[0] in (502, 429)
    assert "html" not in answer.text
    guard.row(model, "failed")


@streamed_or_whole
@pytest.mark.parametrize("status", [400, 404, 413, 422, 429, 500, 503, 529])
def test_a_backends_error_keeps_its_status_and_loses_its_values(
    guard: Guard, http: httpx.Client, backend: ScriptedBackend, model: str, status: int, stream: bool
) -> None:
    backend.play(*wire.whole(ERROR, f"{status} Error", headers=["retry-after: 7"]))
    answer = asked(http, guard, model, stream)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith(JSON)
    assert answer.json()["error"]["message"] == "no such user [EMAIL_ADDRESS]"
    guard.row(model, "failed")


@pytest.mark.parametrize("status", ["401 Unauthorized", "403 Forbidden"])
def test_guards_own_trouble_with_a_backend_is_not_blamed_on_the_clients_key(
    guard: Guard, http: httpx.Client, backend: ScriptedBackend, model: str, status: str
) -> None:
    backend.play(*wire.whole(ERROR, status))
    assert failed(asked(http, guard, model, stream=False))[0] == 502


@streamed_or_whole
@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
def test_a_redirect_is_not_followed(
    guard: Guard, http: httpx.Client, backend: ScriptedBackend, model: str, status: str, stream: bool
) -> None:
    backend.play(*wire.whole(b"", status, headers=[f"location: http://127.0.0.1:{backend.port}/v1/elsewhere"]))
    answer = asked(http, guard, model, stream)
    assert failed(answer)[0] == 502
    assert "location" not in answer.headers
    assert len(backend.exchanges) == 1


def test_compressed_answers_are_read_or_refused(
    guard: Guard, http: httpx.Client, backend: ScriptedBackend, model: str
) -> None:
    packed = gzip.compress(msgspec.json.encode(wire.message(content=f"Write to {EMAIL} now.")))
    backend.play(*wire.whole(packed, headers=["content-encoding: gzip"]))
    answer = asked(http, guard, model, stream=False)
    assert_clean(answer.content)
    if answer.status_code == 200:
        assert answer.json()["choices"][0]["message"]["content"] == "Write to [EMAIL_ADDRESS] now."
    else:
        assert failed(answer)[0] == 502


def test_a_compressed_bomb_is_refused(guard: Guard, http: httpx.Client, backend: ScriptedBackend, model: str) -> None:
    packed = gzip.compress(b'{"a": "' + b" " * 200_000_000 + b'"}', 1)
    backend.play(*wire.whole(packed, headers=["content-encoding: gzip"]))
    assert failed(asked(http, guard, model, stream=False))[0] == 502


def test_a_whole_answer_without_end_is_refused_at_the_bound(
    guard: Guard, http: httpx.Client, backend: ScriptedBackend, model: str
) -> None:
    backend.play(wire.head(JSON), wire.part(b'{"a": "'), Forever(wire.part(b" " * 65_000)))
    assert failed(asked(http, guard, model, stream=False)) == (502, "backend_malformed")
    assert backend.seen().dropped()
