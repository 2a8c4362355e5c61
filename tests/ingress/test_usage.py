"""`/v1/guard/usage` and the administrators': a tenant sees its own numbers and no other's, whatever it asks for."""

import asyncio
import hashlib
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from litestar import Litestar

from guard.core.facts import Identity
from guard.core.grant import Bounds as KeyBounds
from guard.core.grant import Key
from guard.errors import LedgerError, TooBusy
from guard.ingress.error import HANDLERS
from guard.ingress.openai import Door
from guard.ingress.openapi import description
from guard.ingress.usage import usage_admin_routes, usage_route
from guard.metering.report.dimension import Dimension, Filter
from guard.metering.report.figures import UsageFigures, UsageReport
from guard.metering.report.statement import Question
from guard.policy.embedded import EmbeddedPolicy
from guard.policy.serving import FixedPolicies, InProcess
from guard.runtime.administration import Administration
from guard.runtime.admission import Admission
from guard.runtime.reporting import AT_ONCE, Reports
from tests.ingress.service import failed, starter_policy
from tests.ingress.test_admin import KEYS, bearer, policy
from tests.metering.report.scene import opened, write

OWN, ADMIN = "/v1/guard/usage", "/v1/guard/admin/usage"
LONG = {"since": "2026-11-01", "until": "2026-12-02"}
EXCHANGES: list[dict[str, Any]] = [
    {"tenant": "acme", "key": "app1", "model": "m", "labels": {"team": "x"}},
    {"tenant": "acme", "key": "app2", "model": "n"},
    {"tenant": "other", "key": "app3", "model": "m"},
    {"tenant": "' OR tenant <> '", "key": "app4", "model": "m"},
]


def tenant_key(name: str, tenant: str, *scopes: str) -> Key:
    digest = hashlib.sha256(f"{name}-secret".encode()).hexdigest()
    return Key(digest, Identity(tenant, name, "mid"), KeyBounds(scopes=scopes) if scopes else KeyBounds())


TENANTS = (
    tenant_key("app1", "acme"),
    tenant_key("app4", "' OR tenant <> '"),
    tenant_key("chatter", "acme", "chat"),
    tenant_key("new", "nobody", "usage"),
)
Make = Callable[[Question, bool], UsageReport]


@asynccontextmanager
async def usage(make: Make | None, rules: EmbeddedPolicy | None = None) -> AsyncIterator[httpx.AsyncClient]:
    reports = None if make is None else Reports(make, lambda: None)
    ask = None if reports is None else reports.ask
    door = Administration(KEYS, FixedPolicies(InProcess(rules or starter_policy())))
    app = Litestar(
        route_handlers=[usage_route(Door(Admission(TENANTS, 1), 1), ask), *usage_admin_routes(door, ask)],
        exception_handlers=HANDLERS,
        openapi_config=None,
    )
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://guard", timeout=60) as client:
        yield client
    if reports is not None:
        reports.stop()


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Reports of a real ledger."""
    url = f"sqlite:///{tmp_path / 'guard.db'}"
    write(url, tmp_path / "journal", EXCHANGES)

    def report(question: Question, _power: bool) -> UsageReport:
        with opened(url) as book:
            return book.report(question)

    return report


def empty(question: Question, _power: bool) -> UsageReport:
    return UsageReport(question.since_ms, question.until_ms, (), (), UsageFigures(), 0)


async def got(client: httpx.AsyncClient, path: str, name: str, **query: Any) -> httpx.Response:
    return await client.get(path, headers=bearer(name), params={**LONG, **query})


@pytest.mark.parametrize(
    ("name", "query", "told"),
    [
        ("app1", {}, {"m": 1, "n": 1}),
        ("app1", {"by": "tenant"}, {"acme": 2}),
        ("app1", {"by": "key"}, {"app1": 1, "app2": 1}),
        ("app1", {"by": "label:team"}, {"x": 1, None: 1}),
        ("app1", {"by": "tenant", "where": "key=app1"}, {"acme": 1}),
        ("app1", {"by": "tenant", "where": "tenant=other"}, {}),
        ("app1", {"by": "tenant", "where": ["tenant=acme", "model=n"]}, {"acme": 1}),
        ("app4", {"by": "tenant"}, {"' OR tenant <> '": 1}),
        ("new", {"by": "tenant"}, {}),
    ],
)
async def test_a_tenant_sees_its_own(make: Make, name: str, query: dict[str, Any], told: dict[str, int]) -> None:
    async with usage(make) as client:
        answer = await got(client, OWN, name, **query)
    lines = answer.json()["lines"]
    assert {next(iter(line["key"].values())): line["exchanges"] for line in lines} == told
    assert answer.json()["total"]["exchanges"] == sum(told.values())
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")


async def test_an_administrator_sees_all(make: Make) -> None:
    async with usage(make) as client:
        answer = await got(client, ADMIN, "alice", by="tenant,backend", where="model=m")
    assert [line["key"]["tenant"] for line in answer.json()["lines"]] == ["' OR tenant <> '", "acme", "other"]


@pytest.mark.parametrize(
    ("path", "name", "status", "code"),
    [
        (OWN, "", 401, "invalid_api_key"),
        (OWN, "mallory", 401, "invalid_api_key"),
        (OWN, "alice", 401, "invalid_api_key"),
        (OWN, "chatter", 403, "scope_not_allowed"),
        (ADMIN, "", 401, "invalid_api_key"),
        (ADMIN, "app1", 401, "invalid_api_key"),
    ],
)
async def test_who_may_not_learns_nothing(make: Make, path: str, name: str, status: int, code: str) -> None:
    async with usage(make) as client:
        answer = await got(client, path, name)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


async def test_the_policy_decides_about_administrators(make: Make, tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    rules = policy(
        tmp_path / "rules",
        'admin := {"allow": may}\n\ndefault may := false\n\n'
        'may if {\n    input.action == "usage.show"\n    input.identity.key == "alice"\n}\n',
    )
    async with usage(make, rules) as client:
        assert (await got(client, ADMIN, "alice")).status_code == 200
        assert failed(await got(client, ADMIN, "bob"))[:2] == (403, "policy_denied")


@pytest.mark.parametrize(
    "query",
    [
        "by=backend",
        "by=who",
        "by=tenant&by=model",
        "where=backend=b",
        "where=tenant",
        "since=yesterday",
        "until=7w",
        "limit=1",
        "by=%ff",
        "by=label:" + "x" * 300,
        "&".join("where=tenant=acme" for _ in range(40)),
        "by=" + "x" * 9000,
    ],
)
async def test_what_does_not_fit_is_refused(make: Make, query: str) -> None:
    async with usage(make) as client:
        answer = await client.get(f"{OWN}?{query}", headers=bearer("app1"))
        posted = await client.post(OWN, headers=bearer("app1"))
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_request")
    assert posted.status_code == 405


async def test_a_few_are_made_at_a_time_and_places_come_back() -> None:
    begun, go = threading.Semaphore(0), threading.Event()

    def slow(question: Question, power: bool) -> UsageReport:
        begun.release()
        assert go.wait(60)
        return empty(question, power)

    reports = Reports(slow, go.set)
    question = Question(0, 1)
    waiting = [asyncio.ensure_future(reports.ask(question, False)) for _ in range(AT_ONCE)]
    for _ in waiting:
        await asyncio.to_thread(begun.acquire)
    with pytest.raises(TooBusy):
        await reports.ask(question, False)
    waiting[0].cancel()
    await asyncio.gather(waiting[0], return_exceptions=True)
    with pytest.raises(TooBusy):
        await reports.ask(question, False)  # who left has a thread at work
    go.set()
    assert (await waiting[1]).open == 0
    assert (await reports.ask(question, False)).until_ms == 1
    reports.stop()
    with pytest.raises(TooBusy):
        await reports.ask(question, False)


async def test_no_tenant_keeps_others_from_their_reports() -> None:
    begun, go = threading.Semaphore(0), threading.Event()

    def slow(question: Question, power: bool) -> UsageReport:
        begun.release()
        assert go.wait(60)
        return empty(question, power)

    def own(tenant: str) -> Question:
        return Question(0, 1, where=(Filter(Dimension("tenant"), tenant),))

    reports = Reports(slow, go.set)
    waiting = [asyncio.ensure_future(reports.ask(own("acme"), False))]
    await asyncio.to_thread(begun.acquire)
    with pytest.raises(TooBusy):
        await reports.ask(own("acme"), False)
    waiting.append(asyncio.ensure_future(reports.ask(own("other"), False)))
    await asyncio.to_thread(begun.acquire)
    waiting.append(asyncio.ensure_future(reports.ask(Question(0, 1), True)))
    assert await asyncio.to_thread(begun.acquire, timeout=30), "an administrator has a place of their own"
    go.set()
    assert [report.open for report in await asyncio.gather(*waiting)] == [0, 0, 0]
    assert (await reports.ask(own("acme"), False)).open == 0
    reports.stop()


async def test_a_tenant_is_not_told_where_the_ledger_lies() -> None:
    def broken(_question: Question, _power: bool) -> UsageReport:
        raise LedgerError("the ledger /srv/secret-place/guard.db can't be read")

    async with usage(broken) as client:
        own, admin = await got(client, OWN, "app1"), await got(client, ADMIN, "alice")
    assert (own.status_code, own.json()["error"]["code"]) == (503, "ledger_error")
    assert "secret-place" not in own.text
    assert "secret-place" in admin.text


async def test_a_ledger_in_memory_is_told_with_the_cure() -> None:
    async with usage(None) as client:
        for path, name in ((OWN, "app1"), (ADMIN, "alice")):
            answer = await got(client, path, name)
            assert (answer.status_code, "name a file or a server" in answer.text) == (404, True)


async def test_only_administrators_get_the_energy_files_figures() -> None:
    asked: list[bool] = []

    def noted(question: Question, power: bool) -> UsageReport:
        asked.append(power)
        return empty(question, power)

    async with usage(noted) as client:
        await got(client, OWN, "app1")
        await got(client, ADMIN, "alice")
    assert asked == [False, True]


async def test_the_description_says_what_is_answered(make: Make) -> None:
    document = description()
    async with usage(make) as client:
        answers = {OWN: await got(client, OWN, "app1"), ADMIN: await got(client, ADMIN, "alice")}
    for path, answer in answers.items():
        said = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        Draft202012Validator({**said, "components": document["components"]}).validate(answer.json())
        assert {one["name"] for one in document["paths"][path]["get"]["parameters"]} == {
            "by",
            "since",
            "until",
            "where",
        }
