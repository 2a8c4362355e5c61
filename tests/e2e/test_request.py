"""What Guard refuses by itself: keys, paths, sizes, sloppy JSON, blocked prompts. Nothing of it reaches a backend."""

import re
from typing import Any

import httpx
import pytest

from . import wire
from .planted import AWS_KEY, CLIENT_KEY, EMAIL, assert_clean
from .process import Guard
from .scripted import ScriptedBackend
from .test_backend_fault import failed

KEY = {"authorization": f"Bearer {CLIENT_KEY}"}
ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer wrong"},
        {"authorization": "Bearer"},
        {"authorization": CLIENT_KEY},
        {"authorization": "Basic Y2xpZW50OmNsaWVudC1zZWNyZXQ="},
        {"authorization": f"Bearer {CLIENT_KEY}x"},
        {"cookie": f"key={CLIENT_KEY}"},
    ],
    ids=["none", "wrong", "empty", "no scheme", "other scheme", "longer", "cookie"],
)
@pytest.mark.parametrize("path", ["/chat/completions", "/completions", "/embeddings", "/models"])
def test_no_key_no_service(
    strict: Guard, http: httpx.Client, backend: ScriptedBackend, path: str, headers: dict[str, str]
) -> None:
    method = "GET" if path == "/models" else "POST"
    answer = http.request(
        method, f"{strict.base_url}{path}", headers=headers, content=None if method == "GET" else b"{}"
    )
    assert failed(answer) == (401, "invalid_api_key")
    assert CLIENT_KEY not in answer.text
    assert backend.exchanges == []


def test_the_policys_denial_is_a_403(strict: Guard, http: httpx.Client, backend: ScriptedBackend) -> None:
    answer = http.post(f"{strict.base_url}/chat/completions", json=wire.ask("forbidden-model"), headers=KEY)
    assert failed(answer) == (403, "policy_denied")
    assert backend.exchanges == []


@pytest.mark.parametrize(
    "path", ["/v1/nothing", "/v2/chat/completions", "/", "/v1/chat/completions/more", "/v1/../etc"]
)
def test_an_unknown_path_is_a_404_in_the_apis_form(guard: Guard, http: httpx.Client, path: str) -> None:
    assert failed(http.post(f"{guard.url}{path}", json={})) == (404, "not_found")


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/chat/completions"), ("PUT", "/embeddings"), ("POST", "/models")]
)
def test_a_wrong_method_is_a_405(guard: Guard, http: httpx.Client, method: str, path: str) -> None:
    assert failed(http.request(method, f"{guard.base_url}{path}")) == (405, "method_not_allowed")


def _endless(size: int) -> list[bytes]:
    return [b"x" * 1024] * (size // 1024)


def test_a_body_past_the_bound_is_a_413(strict: Guard, http: httpx.Client, backend: ScriptedBackend) -> None:
    url = f"{strict.base_url}/chat/completions"
    assert failed(http.post(url, content=b"x" * 70_000, headers=KEY)) == (413, "payload_too_large")
    assert failed(http.post(url, content=iter(_endless(70_000)), headers=KEY)) == (413, "payload_too_large")
    assert backend.exchanges == []


MESSAGES = b'"messages":[{"role":"user","content":"Hi"}]'
SLOPPY = {
    "empty": b"",
    "cut off": b'{"model":"m",' + MESSAGES,
    "not an object": b'["model"]',
    "trailing text": b'{"model":"m",' + MESSAGES + b"} x",
    "two documents": b'{"model":"m",' + MESSAGES + b"}{}",
    "NaN": b'{"model":"m","temperature":NaN,' + MESSAGES + b"}",
    "single quotes": b"{'model':'m'}",
    "comment": b'{"model":"m",/* x */' + MESSAGES + b"}",
    "not UTF-8": b'{"model":"m","messages":[{"role":"user","content":"\xff\xfe"}]}',
    "UTF-16": ('{"model":"m",' + MESSAGES.decode() + "}").encode("utf-16"),
    "byte order mark": b"\xef\xbb\xbf" + b'{"model":"m",' + MESSAGES + b"}",
    "twice the same key": b'{"model":"m","model":"n",' + MESSAGES + b"}",
    "twice the same key, spelled differently": b'{"model":"m","mod\\u0065l":"n",' + MESSAGES + b"}",
    "twice the same key, deep": b'{"model":"m","messages":[{"role":"user","content":"Hi","content":"Ho"}]}',
    "too deep": b'{"model":"m",' + MESSAGES + b',"x":' + b"[" * 200 + b"]" * 200 + b"}",
    "far too deep": b"[" * 60_000,
    "no model": b"{" + MESSAGES + b"}",
    "model is no text": b'{"model":7,' + MESSAGES + b"}",
    "stream is no boolean": b'{"model":"m","stream":"yes",' + MESSAGES + b"}",
    "control character in a text": b'{"model":"m","messages":[{"role":"user","content":"a\x01b"}]}',
    "half a surrogate pair": b'{"model":"m","messages":[{"role":"user","content":"\\ud83d"}]}',
}


@pytest.mark.parametrize("body", SLOPPY)
def test_sloppy_json_is_refused(guard: Guard, http: httpx.Client, backend: ScriptedBackend, body: str) -> None:
    headers = {"content-type": "application/json"}
    answer = http.post(f"{guard.base_url}/chat/completions", content=SLOPPY[body], headers=headers)
    status, code = failed(answer)
    assert status == 400
    assert code in ("malformed_request", "invalid_request")
    assert backend.exchanges == []


@pytest.mark.parametrize("stream", [True, False])
def test_a_blocked_prompt_is_a_400_that_names_types_and_no_text(
    strict: Guard, http: httpx.Client, backend: ScriptedBackend, model: str, stream: bool
) -> None:
    body = wire.ask(model, f"Mail {EMAIL} the key {AWS_KEY}.", stream=stream)
    answer = http.post(f"{strict.base_url}/chat/completions", json=body, headers=KEY)
    assert failed(answer) == (400, "content_filter")
    assert set(answer.json()["error"]["findings"]) == {"EMAIL_ADDRESS", "SECRET_AWS_ACCESS_KEY"}
    assert answer.headers["x-guard-decision"] == "block"
    assert ULID.fullmatch(answer.headers["x-guard-exchange"])
    assert backend.exchanges == []


SMUGGLED: dict[str, dict[str, Any]] = {
    "prompt_token_ids": {"prompt_token_ids": [1, 2, 3]},
    "chat_template": {"chat_template": "{{ messages }}"},
    "documents": {"documents": [{"title": "t", "text": "x"}]},
    "nvext.token_data": {"nvext": {"token_data": [1, 2, 3]}},
    "nvext.use_raw_prompt": {"nvext": {"use_raw_prompt": True}},
    "prompt_embeds": {"prompt_embeds": "AAAA"},
}


@pytest.mark.parametrize("member", SMUGGLED)
def test_a_member_that_smuggles_is_refused(
    guard: Guard, http: httpx.Client, backend: ScriptedBackend, model: str, member: str
) -> None:
    answer = http.post(f"{guard.base_url}/chat/completions", json=wire.ask(model, **SMUGGLED[member]))
    assert failed(answer) == (400, "content_filter")
    assert answer.json()["error"]["findings"] == ["POLICY_MEMBER"]
    assert backend.exchanges == []
    guard.row(model, "blocked")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/completions", {"prompt": [1, 2, 3]}),
        ("/completions", {"prompt": [[1], [2]]}),
        ("/embeddings", {"input": [1]}),
    ],
)
def test_token_ids_in_place_of_text_are_refused(
    guard: Guard, http: httpx.Client, backend: ScriptedBackend, model: str, path: str, body: dict[str, object]
) -> None:
    answer = http.post(f"{guard.base_url}{path}", json={"model": model, **body})
    assert failed(answer)[0] == 400
    assert backend.exchanges == []


def test_refusals_print_nothing_of_the_request(strict: Guard, http: httpx.Client, model: str) -> None:
    body = wire.ask(model, f"{AWS_KEY} {EMAIL}")
    assert_clean(http.post(f"{strict.base_url}/chat/completions?note={EMAIL}", json=body, headers=KEY).content)


def test_an_image_for_a_backend_of_text_is_denied_and_not_fetched(
    guard: Guard, http: httpx.Client, backend: ScriptedBackend, model: str
) -> None:
    image = {"type": "image_url", "image_url": {"url": f"http://127.0.0.1:{backend.port}/picture.png"}}
    content = [{"type": "text", "text": "What is this?"}, image]
    ask = {"model": model, "messages": [{"role": "user", "content": content}]}
    answer = http.post(f"{guard.base_url}/chat/completions", json=ask)
    assert failed(answer) == (403, "policy_denied")
    assert "image" in answer.text
    assert backend.exchanges == []
