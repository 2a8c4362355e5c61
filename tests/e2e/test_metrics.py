"""Prometheus reads what the ledger has, from the page's own listener and beside the API, and nobody else does."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from guard.core.key_record import KeyOrder
from guard.metering.key.store import KeyStore

from . import wire
from .planted import CLIENT_KEY, EMAIL
from .process import REPOSITORY, Guard, free_port, key_config
from .scripted import ScriptedBackend

TOKEN = "metrics-token-of-the-tests"
ASKED = {"authorization": f"Bearer {CLIENT_KEY}"}
PORT = free_port()
LISTENER = f"http://127.0.0.1:{PORT}"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A key store, and a key of the scope in it."""
    path = tmp_path_factory.mktemp("keys") / "keys.db"
    made = KeyStore(path).create(KeyOrder("scraper", "ops", "mid", ("metrics",), ("*",), (), None))
    return path, made.key


@pytest.fixture(scope="module")
def metered(tmp_path_factory: pytest.TempPathFactory, backends: str, store: tuple[Path, str]) -> Iterator[Guard]:
    settings = (
        f"policies: {REPOSITORY / 'policies'}\n{backends}keys:\n{key_config('app1', CLIENT_KEY)}"
        f"identity: {{key_store: {store[0]}}}\nlimits: {{exchanges: 2}}\n"
        f"metrics: {{listen: '127.0.0.1:{PORT}', token: {TOKEN}, labels: [model, tenant]}}\n"
    )
    process = Guard(tmp_path_factory.mktemp("metered"), settings)
    process.ready()
    yield process
    process.terminate()


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def sums(page: str, name: str, model: str, by: str) -> dict[str, float]:
    """Samples of a model by a label."""
    return {
        sample.labels[by]: sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
        if sample.name == name and sample.labels.get("model") == model
    }


def test_the_page_has_what_the_ledger_has(
    metered: Guard, http: httpx.Client, backend: ScriptedBackend, model: str
) -> None:
    for _ in range(3):
        backend.play(
            *wire.stream(wire.chunk(content=f"Mail {EMAIL} now."), wire.chunk(finish="stop"), wire.usage(11, 7))
        )
        http.post(f"{metered.base_url}/chat/completions", json=wire.ask(model), headers=ASKED)
    metered.wait_rows(model, 3)
    page = http.get(f"{LISTENER}/metrics", headers=bearer(TOKEN)).text
    tokens = sums(page, "guard_tokens_total", model, "class")
    assert sums(page, "guard_exchanges_total", model, "status") == {"completed": 3}
    assert (tokens["prompt"], tokens["completion"]) == (33, 21)
    assert EMAIL not in page
    assert 'guard_findings_total{type="EMAIL_ADDRESS"}' in page


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        (bearer("wrong-token-of-the-tests"), 401),
        (ASKED, 401),
        (bearer(TOKEN), 200),
        ({"authorization": "x"}, 401),
    ],
)
def test_the_listener_asks_for_its_token(
    metered: Guard, http: httpx.Client, headers: dict[str, str], status: int
) -> None:
    assert http.get(f"{LISTENER}/metrics", headers=headers).status_code == status


@pytest.mark.parametrize("path", ["/", "/v1/models", "/v1/chat/completions", "/healthz", "/metrics/x"])
def test_the_listener_serves_nothing_else(metered: Guard, http: httpx.Client, path: str) -> None:
    assert http.get(f"{LISTENER}{path}", headers=bearer(TOKEN)).status_code == 404


def test_beside_the_api_it_takes_the_token_or_a_key_of_the_scope(
    metered: Guard, http: httpx.Client, store: tuple[Path, str]
) -> None:
    url = f"{metered.url}/metrics"
    assert [http.get(url, headers=bearer(one)).status_code for one in (TOKEN, store[1])] == [200, 200]
    refused = http.get(url, headers=ASKED)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "scope_not_allowed")
    assert http.get(url).status_code == 401
    assert http.post(url, headers=bearer(TOKEN)).status_code == 405
    chat = http.post(f"{metered.base_url}/chat/completions", json=wire.ask("m"), headers=bearer(store[1]))
    assert chat.json()["error"]["code"] == "scope_not_allowed"


def test_without_keys_it_is_as_open_as_the_rest(guard: Guard, http: httpx.Client) -> None:
    page = http.get(f"{guard.url}/metrics")
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert "process_cpu_seconds_total" in page.text
