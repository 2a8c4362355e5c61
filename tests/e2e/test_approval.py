"""A real Guard parks what needs approval: told to a real receiver, answered from the command line, denied by time."""

import asyncio
import os
import pty
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.upstream.receiver import SECRET, Posted, Receiver

from . import wire
from .planted import CLIENT_KEY, EMAIL, assert_clean
from .process import REPOSITORY, Guard, free_port, key_config
from .scripted import WAIT_S, ScriptedBackend

ADMIN_KEY = "administrators-secret"
LONG_S = 60.0
"""The bound on a command, which is a process of its own on a busy machine."""
RULES = """package guard

approval_reasons contains "it is costly" if contains(input.model, "costly")

further["require_approval"] := {"reason": "be quick", "timeout_s": 0.2} if contains(input.model, "hasty")

tool := {"require_approval": {"reason": "it sends mail"}} if input.tool.name == "send_mail"
"""
MAIL = {"name": "send_mail", "arguments": '{"to": "the-team", "copies": [1, 2]}'}
OFFER = {"type": "function", "function": {"name": "send_mail", "parameters": {"type": "object"}}}
ROUTE = "/v1/guard/admin/approvals"


class Hooks:
    """The receiver in a thread of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self._receiver = Receiver()
        asyncio.run_coroutine_threadsafe(self._receiver.__aenter__(), self._loop).result(WAIT_S)
        self.url = self._receiver.url

    def next(self, model: str, state: str) -> dict[str, Any]:
        """The event about a test's own model; others are skipped. Each is signed."""
        while True:
            posted: Posted = self._receiver.posted.get(timeout=LONG_S)
            assert posted.is_signed_with(SECRET)
            event = posted.event
            if event["data"]["model"] == model and event["type"] == f"guard.approval.{state}":
                data: dict[str, Any] = event["data"]
                return data


def settings(folder: Path, backends: str, hook: str) -> str:
    policies = folder / "policies"
    shutil.copytree(REPOSITORY / "policies", policies)
    (policies / "costly.rego").write_text(RULES)
    (folder / "hook-secret").write_text(SECRET)
    webhook = f"{{url: '{hook}', secret: '${{file:hook-secret}}', timeout_s: 2}}"
    return (
        f"policies: {policies}\n{backends}keys:\n{key_config('app1', CLIENT_KEY)}"
        f"admin:\n  keys:\n  {key_config('alice', ADMIN_KEY).replace(', tenant: acme, tier: mid', '')}"
        f"approval: {{timeout_s: 120, waiting: 3, webhook: {webhook}}}\n"
        "inference: {classifiers: []}\nshutdown_s: 60\n"
    )


@pytest.fixture(scope="module")
def hooks() -> Hooks:
    return Hooks()


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory, backends: str, hooks: Hooks) -> Iterator[Guard]:
    folder = tmp_path_factory.mktemp("approving")
    started = Guard(folder, settings(folder, backends, hooks.url))
    yield started
    started.terminate()


@pytest.fixture
def approving(process: Guard) -> Iterator[Guard]:
    """A Guard that asks people. What it prints holds no text of prompts, and no reason."""
    process.ready()
    yield process
    printed = process.output.read_text()
    assert_clean(printed)
    assert "costly" not in printed
    assert "too dear" not in printed


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor() as pool:
        yield pool


def asked(guard: Guard, model: str, stream: bool = True, **members: Any) -> httpx.Response:
    request = wire.ask(model, f"I am {EMAIL}", stream=stream, **members)
    headers = {"authorization": f"Bearer {CLIENT_KEY}"}
    with httpx.Client(trust_env=False, timeout=LONG_S) as client:
        return client.post(f"{guard.base_url}/chat/completions", json=request, headers=headers)


def command(guard: Guard, *arguments: str, key: str = ADMIN_KEY) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "guard", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=LONG_S,
        env={**os.environ, "GUARD_URL": guard.url, "GUARD_ADMIN_KEY": key},
    )


def admin(http: httpx.Client, guard: Guard, key: str = ADMIN_KEY) -> httpx.Response:
    return http.get(f"{guard.url}{ROUTE}", headers={"authorization": f"Bearer {key}"})


def test_what_is_approved_from_the_command_line_goes_on(
    approving: Guard, hooks: Hooks, backend: ScriptedBackend, model: str, pool: ThreadPoolExecutor
) -> None:
    backend.play(*wire.stream(wire.chunk(content="Hello."), wire.chunk(finish="stop")))
    answer = pool.submit(asked, approving, f"costly-{model}")
    waiting = hooks.next(f"costly-{model}", "waiting")
    assert (waiting["key"], waiting["reason"], waiting["point"]) == ("app1", "it is costly", "request")
    assert backend.exchanges == []
    shown = command(approving, "approvals")
    assert (shown.returncode, waiting["id"] in shown.stdout) == (0, True), shown
    done = command(approving, "approve", waiting["id"], "--reason", "go on")
    assert (done.returncode, done.stdout) == (0, f"{waiting['id']} approved by alice\n"), done
    assert wire.seen(answer.result(LONG_S).content).done
    approved = hooks.next(f"costly-{model}", "approved")
    assert (approved["decided_by"], approved["decision_reason"]) == ("alice", "go on")
    row = approving.row(f"costly-{model}", "completed")
    assert row["exchange"] == waiting["exchange"]


@pytest.mark.parametrize("stream", [True, False])
def test_what_is_denied_is_a_403_with_the_reason(
    approving: Guard, hooks: Hooks, backend: ScriptedBackend, model: str, pool: ThreadPoolExecutor, stream: bool
) -> None:
    answer: Future[httpx.Response] = pool.submit(asked, approving, f"costly-{model}", stream)
    waiting = hooks.next(f"costly-{model}", "waiting")
    done = command(approving, "deny", waiting["id"], "--reason", "too dear")
    assert (done.returncode, done.stdout) == (0, f"{waiting['id']} denied by alice\n"), done
    told = answer.result(LONG_S)
    error = told.json()["error"]
    assert (told.status_code, error["code"], "too dear" in error["message"]) == (403, "approval_denied", True)
    assert told.headers["x-guard-decision"] == "deny"
    assert backend.exchanges == []
    assert approving.row(f"costly-{model}", "blocked")["reason"] == "approval_denied"
    late = command(approving, "approve", waiting["id"])
    assert (late.returncode, late.stderr) == (3, "guard: This approval is over already: denied.\n")


def test_time_denies(approving: Guard, hooks: Hooks, backend: ScriptedBackend, model: str) -> None:
    told = asked(approving, f"hasty-{model}")
    assert (told.status_code, told.json()["error"]["code"]) == (403, "approval_timeout")
    assert hooks.next(f"hasty-{model}", "timed_out")["decided_by"] == ""
    assert backend.exchanges == []


def test_a_client_that_leaves_takes_its_question_back(
    approving: Guard, hooks: Hooks, backend: ScriptedBackend, http: httpx.Client, model: str
) -> None:
    headers = {"authorization": f"Bearer {CLIENT_KEY}"}
    timeout = httpx.Timeout(WAIT_S, read=0.5)
    with httpx.Client(trust_env=False, timeout=timeout) as client, pytest.raises(httpx.ReadTimeout):
        client.post(f"{approving.base_url}/chat/completions", json=wire.ask(f"costly-{model}"), headers=headers)
    left = hooks.next(f"costly-{model}", "cancelled")
    assert approving.row(f"costly-{model}", "aborted")["reason"] == "client_left"
    assert left["id"] not in admin(http, approving).text
    assert backend.exchanges == []


@pytest.mark.parametrize(("word", "called"), [("approve", True), ("deny", False)])
def test_a_tool_call_waits_in_its_stream_while_the_text_before_it_has_left(
    approving: Guard,
    hooks: Hooks,
    backend: ScriptedBackend,
    http: httpx.Client,
    model: str,
    pool: ThreadPoolExecutor,
    word: str,
    called: bool,
) -> None:
    call = {"index": 0, "id": "call_1", "type": "function", "function": MAIL}
    backend.play(
        *wire.stream(
            wire.chunk(content="I write to them. "), wire.chunk(tool_calls=[call]), wire.chunk(finish="tool_calls")
        )
    )
    answer = pool.submit(asked, approving, model, tools=[OFFER])
    waiting = hooks.next(model, "waiting")
    assert (waiting["point"], waiting["tool"], waiting["reason"]) == ("tool", "send_mail", "it sends mail")
    assert waiting["arguments"] == [{"path": "$.to", "type": "string"}, {"path": "$.copies[*]", "type": "number"}]
    assert "the-team" not in str(waiting)
    headers = {"authorization": f"Bearer {ADMIN_KEY}"}
    assert http.post(f"{approving.url}{ROUTE}/{waiting['id']}/{word}", headers=headers).status_code == 200
    told = wire.seen(answer.result(LONG_S).content)
    assert told.done
    assert told.text().startswith("I write to them. ")
    assert told.arguments() == (MAIL["arguments"] if called else "")


def test_administrators_and_clients_have_keys_of_their_own(approving: Guard, http: httpx.Client) -> None:
    refused = command(approving, "approvals", key=CLIENT_KEY)
    assert refused.returncode == 3
    assert "The API key is missing or not known here" in refused.stderr
    assert admin(http, approving, CLIENT_KEY).status_code == 401
    models = http.get(f"{approving.base_url}/models", headers={"authorization": f"Bearer {ADMIN_KEY}"})
    assert models.status_code == 401


def test_a_watch_shows_what_comes_until_it_is_interrupted(
    approving: Guard, hooks: Hooks, http: httpx.Client, model: str, pool: ThreadPoolExecutor
) -> None:
    ours, theirs = pty.openpty()
    watch = subprocess.Popen(
        [sys.executable, "-m", "guard", "approvals", "--watch"],
        stdin=theirs,
        stdout=theirs,
        env={**os.environ, "GUARD_URL": approving.url, "GUARD_ADMIN_KEY": ADMIN_KEY, "TERM": "xterm", "COLUMNS": "200"},
    )
    os.close(theirs)
    answer = pool.submit(asked, approving, f"costly-{model}")
    waiting = hooks.next(f"costly-{model}", "waiting")
    shown = b""
    while waiting["id"].encode() not in shown:
        shown += os.read(ours, 65_536)
    watch.send_signal(signal.SIGINT)
    assert watch.wait(LONG_S) == 130
    os.close(ours)
    headers = {"authorization": f"Bearer {ADMIN_KEY}"}
    assert http.post(f"{approving.url}{ROUTE}/{waiting['id']}/deny", headers=headers).status_code == 200
    assert answer.result(LONG_S).status_code == 403


def test_a_stop_denies_at_once_and_a_dead_receiver_holds_nothing_up(
    tmp_path: Path, backends: str, http: httpx.Client, model: str, pool: ThreadPoolExecutor
) -> None:
    guard = Guard(tmp_path, settings(tmp_path, backends, f"http://127.0.0.1:{free_port()}/hook"))
    try:
        guard.ready()
        answer = pool.submit(asked, guard, f"costly-{model}")
        guard.wait_rows(f"costly-{model}", 1)
        webhook: dict[str, int] = {}
        while not webhook.get("failures"):
            webhook = admin(http, guard).json()["webhook"]
        assert guard.terminate() in (0, -signal.SIGTERM)
        told = answer.result(LONG_S)
        assert (told.status_code, told.json()["error"]["code"]) == (403, "approval_timeout")
        assert guard.row(f"costly-{model}", "blocked")["reason"] == "approval_timeout"
    finally:
        guard.kill()
