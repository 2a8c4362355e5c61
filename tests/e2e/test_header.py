"""Which headers travel: no credential of the client to the backend, nothing of the backend's house to the client."""

import re

import httpx
import pytest

from . import wire
from .planted import BACKEND_KEY, CLIENT_KEY
from .process import Guard
from .scripted import ScriptedBackend

ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")

PRIVATE = {
    "authorization": f"Bearer {CLIENT_KEY}",
    "cookie": "session=private-value",
    "proxy-authorization": "Basic private-value",
    "x-api-key": "private-value",
    "api-key": "private-value",
    "connection": "keep-alive, x-private",
    "x-private": "private-value",
    "keep-alive": "timeout=private-value",
    "te": "trailers",
    "upgrade": "private-value",
    "forwarded": "for=private-value",
    "x-forwarded-for": "203.0.113.9",
}


@pytest.mark.parametrize("stream", [True, False])
def test_the_clients_credentials_stay_here(
    strict: Guard, http: httpx.Client, backend: ScriptedBackend, model: str, stream: bool
) -> None:
    backend.play(*(wire.stream(wire.chunk(finish="stop")) if stream else wire.whole(wire.message(content="Hi"))))
    body = wire.ask(model, stream=stream)
    assert http.post(f"{strict.base_url}/chat/completions", json=body, headers=PRIVATE).status_code == 200
    headers = backend.seen().headers
    assert headers["authorization"] == f"Bearer {BACKEND_KEY}"
    assert not [name for name, value in headers.items() if "private-value" in value or CLIENT_KEY in value]
    assert not {"cookie", "proxy-authorization", "x-private", "te", "upgrade", "keep-alive"} & set(headers)
    assert headers["host"] == f"127.0.0.1:{backend.port}"


@pytest.mark.parametrize("stream", [True, False])
def test_the_backends_house_stays_hidden(
    guard: Guard, http: httpx.Client, backend: ScriptedBackend, model: str, stream: bool
) -> None:
    inner = ["server: inner/1.0", "set-cookie: a=b", "x-inner-host: backend-7", "via: 1.1 inner", "x-powered-by: inner"]
    if stream:
        backend.play(wire.head(headers=inner), wire.part(wire.chunk(finish="stop") + wire.DONE), wire.END)
    else:
        backend.play(*wire.whole(wire.message(content="Hi"), headers=inner))
    answer = http.post(f"{guard.base_url}/chat/completions", json=wire.ask(model, stream=stream))
    assert answer.status_code == 200
    assert not {"set-cookie", "x-inner-host", "via", "x-powered-by"} & set(answer.headers)
    assert "inner" not in str(answer.headers)
    assert answer.headers["content-type"].startswith("text/event-stream" if stream else "application/json")


def test_every_answer_names_its_exchange_and_the_decision(
    guard: Guard, http: httpx.Client, backend: ScriptedBackend, model: str
) -> None:
    backend.play(*wire.whole(wire.message(content="Hi")))
    answers = [http.post(f"{guard.base_url}/chat/completions", json=wire.ask(model, stream=False)) for _ in range(2)]
    names = {answer.headers["x-guard-exchange"] for answer in answers}
    assert len(names) == 2
    assert all(ULID.fullmatch(name) for name in names)
    assert {answer.headers["x-guard-decision"] for answer in answers} == {"allow"}


def test_a_client_cannot_name_the_exchange(
    guard: Guard, http: httpx.Client, backend: ScriptedBackend, model: str
) -> None:
    backend.play(*wire.whole(wire.message(content="Hi")))
    mine = {"x-guard-exchange": "01ARZ3NDEKTSV4RRFFQ69G5FAV", "x-guard-decision": "allow"}
    body = wire.ask(model, stream=False)
    answer = http.post(f"{guard.base_url}/chat/completions", json=body, headers=mine)
    assert answer.headers["x-guard-exchange"] != mine["x-guard-exchange"]
