"""`guard check` shows what would leave, and says by its status how bad it is. It runs the real engines and policy."""

import io
import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from command import GUARD, MINIMAL, complaint

from guard import app
from guard.cli.main import run
from guard.scan.engine import PatternEngine

Check = Callable[..., subprocess.CompletedProcess[bytes]]

CLEAN = "The weather is fine today."
MAIL = "write to jane.doe@example.com please"
BLOCKING = """package guard

request := {"actions": {"EMAIL_ADDRESS": "block"}}
"""
DENYING = """package guard

request := {"deny": [{"code": "model_not_allowed", "message": "no"}], "actions": {}}
"""
APPROVING = """package guard

request := {"require_approval": true, "actions": {}}
"""
FLAGGING = """package guard

request := {"actions": {"EMAIL_ADDRESS": "flag"}}
"""


@pytest.fixture
def check(
    tmp_path: Path, engine: PatternEngine, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> Check:
    """Runs `guard check` in this process, in a directory of its own."""
    monkeypatch.setattr(app, "build_engine", lambda *_: engine)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KEY", "fake")

    def done(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        status = run(["check", *arguments])
        return subprocess.CompletedProcess(arguments, status, *capfdbinary.readouterr())

    return done


def policy(directory: Path, rules: str) -> None:
    (directory / "policies").mkdir()
    (directory / "policies" / "request.rego").write_text(rules)


@pytest.mark.parametrize(
    ("rules", "text", "status", "decision"),
    [
        (None, CLEAN, 0, "allow"),
        (None, MAIL, 1, "redact"),
        (FLAGGING, MAIL, 1, "flag"),
        (BLOCKING, MAIL, 2, "block"),
        (BLOCKING, CLEAN, 0, "allow"),
        (DENYING, CLEAN, 2, "deny"),
        (APPROVING, CLEAN, 2, "deny"),
    ],
)
def test_the_status_says_how_bad_it_is(
    check: Check, tmp_path: Path, rules: str | None, text: str, status: int, decision: str
) -> None:
    if rules:
        policy(tmp_path, rules)
    done = check("--json", text)
    assert done.returncode == status, done
    assert json.loads(done.stdout)["decision"] == decision


def test_the_report_says_what_was_found_where_and_what_would_leave(check: Check) -> None:
    report = json.loads(check("--json", MAIL).stdout)
    (finding,) = report["findings"]
    assert (finding["type"], finding["group"], finding["action"]) == ("EMAIL_ADDRESS", "pii.direct", "redact")
    assert MAIL[finding["start"] : finding["end"]] == "jane.doe@example.com"
    assert report["released"] == "write to [EMAIL_ADDRESS] please"


def test_the_table_shows_the_same(check: Check) -> None:
    shown = check(MAIL).stdout.decode()
    for word in ("EMAIL_ADDRESS", "pii.direct", "redact", "released: write to [EMAIL_ADDRESS] please"):
        assert word in shown
    assert "jane" not in shown


def test_what_is_blocked_is_not_shown(check: Check, tmp_path: Path) -> None:
    policy(tmp_path, BLOCKING)
    shown = check(MAIL).stdout.decode()
    assert "released: nothing" in shown
    assert "jane" not in shown


@pytest.mark.parametrize("arguments", [["-"], ["--file", "text.txt"], [MAIL]], ids=["stdin", "file", "argument"])
def test_the_text_comes_from_anywhere(check: Check, tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "text.txt").write_text(MAIL)
    done = check("--json", *arguments, stdin=MAIL.encode())
    assert json.loads(done.stdout)["released"] == "write to [EMAIL_ADDRESS] please"


@pytest.mark.parametrize(
    ("arguments", "stdin", "says"),
    [
        ([], b"", "give one text to check"),
        (["a", "--file", "b"], b"", "give one text to check"),
        (["--file", "no.txt"], b"", "no.txt can't be read"),
        (["-"], b"\xff", "not UTF-8"),
        (["--config", "no.yaml", "a"], b"", "no.yaml: can't be read"),
    ],
)
def test_a_misuse_is_one_line_and_status_3(check: Check, arguments: list[str], stdin: bytes, says: str) -> None:
    assert says in complaint(check(*arguments, stdin=stdin))


def test_a_text_beyond_the_configured_bound_is_refused(check: Check, tmp_path: Path) -> None:
    policy(tmp_path, FLAGGING)
    (tmp_path / "guard.yaml").write_text(MINIMAL + "limits: {body_bytes: 1024}")
    assert "limits.body_bytes (1024)" in complaint(check("-", stdin=b"x" * 1025))
    assert check("-", stdin=b"x" * 1024).returncode == 0


def test_a_terminal_does_not_obey_the_text(tmp_path: Path) -> None:
    policy(tmp_path, FLAGGING)
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        [*GUARD, "check", "red \x1b[31m \x9b31m \u202etxet"],
        cwd=tmp_path,
        stdin=theirs,
        stdout=theirs,
        env={**os.environ, "NO_COLOR": "1", "TERM": "xterm"},
    )
    child.wait()
    os.close(theirs)
    shown = os.read(ours, 65_536).decode()
    os.close(ours)
    assert "red \\x1b[31m \\x9b31m \\u202etxet" in shown
