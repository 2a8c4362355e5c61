"""`guard serve` serves, ends in good order, and says why when it can't. A real process on a real port."""

import contextlib
import json
import shlex
import signal
import socket
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from command import GUARD, MINIMAL

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[subprocess.Popen[str]] = []

    def run(*arguments: str) -> subprocess.Popen[str]:
        started.append(
            subprocess.Popen(
                [*GUARD, "serve", *arguments],
                cwd=tmp_path,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        return started[-1]

    yield run
    for one in started:
        one.kill()
        one.communicate()


def configuration(directory: Path, port: int, more: str = "") -> None:
    (directory / "policies").mkdir()
    (directory / "policies" / "request.rego").write_text('package guard\n\nrequest := {"actions": {"pii": "redact"}}\n')
    text = MINIMAL.replace("${KEY}", "fake")
    (directory / "guard.yaml").write_text(f"{text}listen: 127.0.0.1:{port}\n{more}")


def heard(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    return process.stderr.readline().strip()


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 0), (signal.SIGTERM, -signal.SIGTERM)])
def test_it_serves_until_it_is_told_to_end_and_then_closes_its_ledger(
    start: Start, tmp_path: Path, port: int, number: signal.Signals, status: int
) -> None:
    configuration(tmp_path, port)
    process = start()
    assert heard(process) == f"guard: listening on http://127.0.0.1:{port}"
    assert httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=30).status_code == 200
    process.send_signal(number)
    assert process.wait() == status
    assert not list(tmp_path.glob("guard.db-*"))
    with contextlib.closing(sqlite3.connect(tmp_path / "guard.db")) as ledger:
        assert ledger.execute("SELECT count(*), count(ended_ms) FROM run").fetchone() == (1, 1)


def test_the_demo_prints_a_request_that_works_and_leaves_nothing_behind(
    start: Start, tmp_path: Path, port: int
) -> None:
    process = start("--demo", "--listen", f"127.0.0.1:{port}")
    assert process.stdout is not None
    curl = shlex.split(process.stdout.readline())
    url, body = curl[2], json.loads(curl[-1])
    assert curl[:2] == ["curl", "-sN"]
    answer = httpx.post(url, json=body, timeout=30)
    assert "[EMAIL_ADDRESS]" in answer.text
    assert answer.text.rstrip().endswith("data: [DONE]")
    process.send_signal(signal.SIGINT)
    assert process.wait() == 0
    assert not list(tmp_path.iterdir())


def test_an_address_that_is_taken_is_one_line_and_status_3(start: Start, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        configuration(tmp_path, taken.getsockname()[1])
        process = start()
        _, said = process.communicate()
    assert (process.returncode, said.count("\n")) == (3, 1)
    assert "Address already in use" in said


def test_a_ledger_that_cannot_be_opened_is_said_and_ends_it(start: Start, tmp_path: Path, port: int) -> None:
    configuration(tmp_path, port, "ledger: sqlite:///no/such/guard.db")
    process = start()
    _, said = process.communicate()
    assert process.returncode == 3
    assert f"guard: the ledger {tmp_path}/no/such/guard.db can't be used" in said
    assert "Traceback" not in said


def test_a_policy_that_does_not_compile_is_one_line_and_status_3(start: Start, tmp_path: Path, port: int) -> None:
    configuration(tmp_path, port)
    (tmp_path / "policies" / "request.rego").write_text("package guard\n\nrequest := {")
    process = start()
    _, said = process.communicate()
    assert (process.returncode, said.count("\n")) == (3, 1)
    assert "request.rego" in said
