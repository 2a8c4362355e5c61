"""`guard usage --url`: a running Guard tells the same as its ledger does, to administrators."""

import contextlib
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar

from guard.cli.main import run
from guard.cli.serve import bound, server_for
from guard.cli.usage_source import query_of
from guard.config import Address
from guard.core.usage import Usage
from guard.ingress.error import HANDLERS
from guard.ingress.usage import question_of, usage_admin_routes
from guard.metering.report.dimension import NAMES
from guard.metering.report.figures import UsageReport
from guard.metering.report.statement import Question
from guard.policy.serving import FixedPolicies, InProcess
from guard.runtime.administration import Administration
from guard.runtime.reporting import Reports
from tests.cli.command import MINIMAL
from tests.e2e.process import free_port
from tests.ingress.service import starter_policy
from tests.ingress.test_admin import KEYS
from tests.metering.report.scene import opened, question, write

POLICIES = Path(__file__).parents[2] / "policies"
ALL = ("--since", "2026-11-01", "--until", "2026-12-02")
EXCHANGES: list[dict[str, Any]] = [
    {"tenant": "acme", "usage": Usage(prompt=1000, completion=10, reasoning=0), "labels": {"team": "ä & b"}},
    {"tenant": "other", "cost_nanousd": None},
    {"tenant": "other", "state": "open"},
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("usage")
    write(f"sqlite:///{directory / 'guard.db'}", directory / "journal", EXCHANGES)
    (directory / "guard.yaml").write_text(f"{MINIMAL}policies: {POLICIES}\nledger: sqlite:///guard.db\n")
    return directory


@pytest.fixture(scope="module")
def url(place: Path) -> Iterator[str]:
    """A server of the ledger in the place."""

    def make(asked: Question, _power: bool) -> UsageReport:
        with opened(f"sqlite:///{place / 'guard.db'}") as book:
            return book.report(asked)

    door = Administration(KEYS, FixedPolicies(InProcess(starter_policy())))
    reports = Reports(make, lambda: None)
    app = Litestar(
        route_handlers=usage_admin_routes(door, reports.ask), exception_handlers=HANDLERS, openapi_config=None
    )
    with bound(Address(host="127.0.0.1", port=free_port())) as listener:
        # Whoever connects before it serves waits in the listener's queue.
        server = server_for(app, shutdown_s=0)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join()
    reports.stop()


@pytest.mark.parametrize(
    "asked",
    [
        ("--by", "tenant,model"),
        ("--by", "label:team,day", "--format", "csv"),
        ("--by", "", "--where", "label:team=ä & b", "--format", "json"),
        ("--format", "focus", "--by", "label:team,backend,hour"),
    ],
)
def test_a_server_tells_what_its_ledger_holds(
    place: Path,
    url: str,
    asked: tuple[str, ...],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("KEY", "k")
    monkeypatch.setenv("GUARD_ADMIN_KEY", "alice-secret")
    capsys.readouterr()
    with contextlib.chdir(place):
        assert run(["usage", *ALL, *asked]) == 0
    own = capsys.readouterr()
    with contextlib.chdir(tmp_path):  # where there is no configuration
        assert run(["usage", *ALL, *asked, "--url", url]) == 0
    told = capsys.readouterr()
    assert told == own
    assert re.search("1,?000", own.out)


def test_what_the_server_refuses_is_said(
    url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GUARD_ADMIN_KEY", "mallory-secret")
    assert run(["usage", "--url", url]) == 3
    assert "API key is missing or not known" in capsys.readouterr().err
    monkeypatch.delenv("GUARD_ADMIN_KEY")
    assert run(["usage", "--url", url]) == 3
    assert "--key-file" in capsys.readouterr().err


def test_a_question_stays_the_same_on_its_way() -> None:
    asked = question("tenant,label:ü&=%,hour", "model=a=b&c#+ ü", "label:team=", since_ms=1_790_000_000_123)
    assert question_of(query_of(asked).encode(), NAMES, "") == asked
