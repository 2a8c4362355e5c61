"""Guard and the demo backend as processes of their own, as their users run them."""

import contextlib
import hashlib
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from .scripted import WAIT_S

START_S = 90.0
"""The bound on a server's start: it compiles its patterns and reads its models, and others may be busy."""

REPOSITORY = Path(__file__).parents[2]


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _tries() -> Iterator[None]:
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        yield
        time.sleep(0.02)


class Process:
    """A server in a child process; what it prints goes to a file."""

    def __init__(self, command: list[str], folder: Path, probe: str) -> None:
        self.output = folder / "output.log"
        self._probe = probe
        self._ready = False
        with self.output.open("wb") as out:
            self._child = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, cwd=folder)

    def ready(self) -> None:
        """Waits until it answers; fails with its output if it ends or never does. Asks only once."""
        self._ready = self._ready or self._answers()
        if not self._ready:
            self.kill()
            raise AssertionError(f"{self._probe} never answered; the process printed:\n{self.output.read_text()}")

    def _answers(self) -> bool:
        with httpx.Client(trust_env=False, timeout=2 * WAIT_S) as client:
            for _ in _tries():
                if self._child.poll() is not None:
                    return False
                with contextlib.suppress(httpx.TransportError):
                    return client.get(self._probe).status_code == 200
        return False

    def terminate(self) -> int:
        """Asks it to end, as an orchestrator does; returns its exit status."""
        if self._child.poll() is None:
            self._child.send_signal(signal.SIGTERM)
        try:
            return self._child.wait(WAIT_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"it did not end on SIGTERM; it printed:\n{self.output.read_text()}") from None

    def kill(self) -> None:
        """Ends it at once: SIGKILL."""
        self._child.kill()
        self._child.wait(WAIT_S)


class Guard(Process):
    """`python -m guard serve` with a configuration."""

    def __init__(self, folder: Path, settings: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.base_url = f"{self.url}/v1"
        self.database = folder / "guard.db"
        config = folder / "guard.yaml"
        config.write_text(f"listen: 127.0.0.1:{self.port}\nledger: sqlite:///{self.database}\n{settings}")
        command = [sys.executable, "-m", "guard", "serve", "--config", str(config)]
        super().__init__(command, folder, f"{self.url}/healthz")

    def rows(self, model: str) -> list[dict[str, Any]]:
        """The ledger's rows for a model as they are now."""
        with contextlib.closing(sqlite3.connect(self.database)) as base:
            base.execute("PRAGMA query_only = ON")
            base.row_factory = sqlite3.Row
            return [dict(row) for row in base.execute("SELECT * FROM exchange WHERE model = ?", (model,))]

    def wait_rows(self, model: str, count: int) -> None:
        """Waits until a model has `count` rows, finished or not."""
        assert any(len(self.rows(model)) >= count for _ in _tries()), "the ledger never showed the exchange"

    def settled(self, model: str) -> list[dict[str, Any]]:
        """A model's rows once all of its exchanges are over."""
        found: list[dict[str, Any]] = []
        for _ in _tries():
            found = self.rows(model)
            if found and all(row["status"] != "open" for row in found):
                break
        return found

    def row(self, model: str, status: str) -> dict[str, Any]:
        """The one row of a test's own model, once its exchange is over; fails unless it ended with `status`."""
        found = self.settled(model)
        assert [row["status"] for row in found] == [status], found
        return found[0]


class DemoBackend(Process):
    """The demo backend under uvicorn, without its gaps."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.base_url = f"http://127.0.0.1:{self.port}/v1"
        code = (
            "import uvicorn; from guard.demo.backend import create_app; "
            f"uvicorn.run(create_app(gap_s=0), host='127.0.0.1', port={self.port}, access_log=False)"
        )
        super().__init__([sys.executable, "-c", code], folder, f"{self.base_url}/models")


def key_config(name: str, secret: str, tier: str = "mid") -> str:
    """One line of `keys`."""
    digest = hashlib.sha256(secret.encode()).hexdigest()
    return f'  - {{name: {name}, sha256: "{digest}", tenant: acme, tier: {tier}}}\n'
