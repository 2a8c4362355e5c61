"""`guard approvals`, `approve` and `deny` against a server that answers as told; tests/e2e has the real one."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from guard.cli.main import run

ID = "01JQ8ZK3M4N5P6Q7R8S9T0V1W2"
ONE = {
    "id": ID,
    "state": "waiting",
    "exchange": "01JQ8ZK3M4AAAAAAAAAAAAAAAA",
    "point": "tool",
    "tenant": "acme",
    "key": "web",
    "tier": "free",
    "model": "small\x1b[31m",
    "backend": "local",
    "tool": "send_mail",
    "arguments": [{"path": "$.to", "type": "string"}],
    "reason": "mail\u202e after reading [bold]the web",
    "asked_ms": 1,
    "until_ms": 2,
}
LISTED = {"approvals": [ONE], "figures": {"waiting": 1, "denied": 2, "full": 0}, "webhook": {"dropped": 3}}


class Server:
    """Answers every request alike, and remembers what was asked."""

    def __init__(self) -> None:
        self.status, self.body = 200, b""
        self.asked: list[tuple[str, str, str, bytes]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                outer.asked.append((self.command, self.path, self.headers["authorization"], body))
                self.send_response(outer.status)
                self.send_header("content-length", str(len(outer.body)))
                self.send_header("location", "http://127.0.0.1:1/")
                self.end_headers()
                self.wfile.write(outer.body)

            do_POST = do_GET

            def log_message(self, *args: object) -> None:
                pass

        self._http = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def answer(self, value: object, status: int = 200) -> None:
        self.status, self.body = status, value if isinstance(value, bytes) else json.dumps(value).encode()

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    server = Server()
    monkeypatch.setenv("GUARD_URL", server.url)
    monkeypatch.setenv("GUARD_ADMIN_KEY", "alice-secret\n")
    yield server
    server.stop()


def test_what_waits_is_a_table_that_no_terminal_obeys(server: Server, capfd: pytest.CaptureFixture[str]) -> None:
    server.answer(LISTED)
    assert run(["approvals"]) == 0
    shown = capfd.readouterr().out
    for word in (ID, "acme/web", "send_mail($.to string)", "small\\x1b[31m", "mail\\u202e", "[bold]the web", "0:00:00"):
        assert word in shown
    assert "waiting 1, denied 2, events dropped 3" in shown
    assert not {"\x1b", "\u202e"} & set(shown)
    assert server.asked == [("GET", "/v1/guard/admin/approvals", "Bearer alice-secret", b"")]


def test_programs_get_json(server: Server, capfd: pytest.CaptureFixture[str]) -> None:
    server.answer(LISTED)
    assert run(["approvals", "--json"]) == 0
    shown = json.loads(capfd.readouterr().out)
    assert shown["figures"] == LISTED["figures"]
    assert shown["approvals"][0]["reason"] == ONE["reason"]


@pytest.mark.parametrize(("word", "state"), [("approve", "approved"), ("deny", "denied")])
def test_an_answer_is_sent_with_its_reason(
    server: Server, capfd: pytest.CaptureFixture[str], word: str, state: str
) -> None:
    server.answer({**ONE, "state": state, "decided_by": "alice"})
    assert run([word, ID.lower(), "--reason", "be\u00adcause"]) == 0
    assert capfd.readouterr().out == f"{ID} {state} by alice\n"
    ((method, path, key, body),) = server.asked
    assert (method, path, key) == ("POST", f"/v1/guard/admin/approvals/{ID}/{word}", "Bearer alice-secret")
    assert json.loads(body) == {"reason": "be\u00adcause"}


def test_the_key_may_lie_in_a_file(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GUARD_ADMIN_KEY")
    (tmp_path / "key").write_text("bob-secret\n")
    server.answer(LISTED)
    assert run(["approvals", "--key-file", str(tmp_path / "key")]) == 0
    assert server.asked[0][2] == "Bearer bob-secret"


REFUSALS = [
    # status, body, what is said
    (403, {"error": {"message": "The policy does not allow this."}}, "The policy does not allow this."),
    (409, {"error": {"message": "over\x1b[2J already"}}, "over\\x1b[2J already"),
    (404, b"<html>", "status 404 and not as Guard does"),
    (200, b"{}", "status 200 and not as Guard does"),
    (200, b"\xff", "status 200 and not as Guard does"),
    (307, b"", "status 307 and not as Guard does"),
]


@pytest.mark.parametrize(("status", "body", "says"), REFUSALS)
def test_a_refusal_is_one_line_and_status_3(
    server: Server, capfd: pytest.CaptureFixture[str], status: int, body: object, says: str
) -> None:
    server.answer(body, status)
    assert run(["deny", ID]) == 3
    shown = capfd.readouterr()
    assert (shown.out, shown.err.count("\n")) == ("", 1)
    assert says in shown.err
    assert "alice-secret" not in shown.err
    assert len(server.asked) == 1


MISUSES = [
    # arguments, environment, what is said
    (["approvals"], {"GUARD_ADMIN_KEY": ""}, "no administrator's key: set GUARD_ADMIN_KEY"),
    (["approvals"], {"GUARD_ADMIN_KEY": "a b"}, "no administrator's key: set GUARD_ADMIN_KEY"),
    (["approvals", "--key-file", "no/such"], {}, "no/such can't be read"),
    (["approvals", "--ca-file", "no/such"], {}, "no/such can't be read as PEM"),
    (["approvals", "--watch", "--json"], {}, "leave --json out"),
    (["approvals", "--url", "http://127.0.0.1:1"], {}, "can't be reached: name a running Guard with --url"),
    (["approvals", "--url", "nowhere"], {}, "can't be reached: name a running Guard with --url"),
    (["approve", "../policy"], {}, "ID is 26 letters and digits"),
    (["deny", ID, "--reason", "x" * 501], {}, "the reason is longer than 500 characters"),
    (["approve"], {}, "Missing argument 'ID'"),
]


@pytest.mark.parametrize(("arguments", "environment", "says"), MISUSES)
def test_a_misuse_is_one_line_and_status_3(
    server: Server,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    environment: dict[str, str],
    says: str,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    server.answer(LISTED)
    assert run(arguments) == 3
    shown = capfd.readouterr()
    assert (shown.out, shown.err.count("\n")) == ("", 1)
    assert says in shown.err
    assert server.asked == []
