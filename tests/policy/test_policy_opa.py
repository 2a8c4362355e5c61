"""The starter policy on the real OPA: its own tests pass there too, formatted, strict and covered."""

import json
from pathlib import Path

import httpx
import pytest

from tests.opa import OpaServer, opa, run_opa


def test_the_real_opa_is_of_the_first_major_version() -> None:
    printed = run_opa("version").stdout
    assert printed.startswith("Version: 1."), printed


def test_without_opa_a_test_fails_with_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUARD_OPA", "/nowhere/opa")
    with pytest.raises(AssertionError, match="make setup-opa"):
        opa()


@pytest.mark.parametrize(
    "command",
    [("fmt", "--list", "--fail"), ("check", "--strict"), ("test",), ("test", "--coverage", "--threshold=95")],
    ids=" ".join,
)
def test_the_starter_policy_passes_opa(starter: Path, command: tuple[str, ...]) -> None:
    done = run_opa(*command, starter)
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_opa_server_answers_what_the_starter_policy_decides(starter: Path, tmp_path: Path) -> None:
    with OpaServer(tmp_path, [starter]) as server, httpx.Client(trust_env=False) as client:
        answer = client.post(f"{server.url}/v1/data/guard/request", json={"input": {"model": "small-model"}})
    assert json.loads(answer.content)["result"]["labels"] == {"policy": "starter"}
