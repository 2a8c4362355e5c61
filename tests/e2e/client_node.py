"""OpenAI's JavaScript client as a driver: one Node process a call, which prints what it saw as JSON."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from .client import WAIT_S, Ask, Failure, Told

FOLDER = Path(__file__).parent / "node"


class NodeFailure(Exception):
    """What the JavaScript client raised."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.text)
        self.failure = failure


def _run(manner: str, ask: Ask) -> dict[str, Any]:
    node = shutil.which("node")
    assert node is not None, "Node.js is needed for these tests: install version 20 or newer (Debian: nodejs)"
    assert (FOLDER / "node_modules" / "openai").is_dir(), "run `make setup test`, or `npm ci` in tests/e2e/node, first"
    command = {
        "manner": manner,
        "baseURL": ask.base_url,
        "apiKey": ask.api_key,
        "members": ask.members,
        "headers": ask.headers,
    }
    done = subprocess.run(
        [node, "client.mjs"],
        input=json.dumps(command),
        capture_output=True,
        text=True,
        timeout=2 * WAIT_S,
        cwd=FOLDER,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    if "failure" in said:
        failed = said["failure"]
        raise NodeFailure(Failure(frozenset(failed["kinds"]), failed["text"], failed["status"]))
    return said


def _told(said: dict[str, Any]) -> Told:
    content, finishes = ({int(at): value for at, value in said[name].items()} for name in ("content", "finishes"))
    return Told(content, said["reasoning"], said["tool"], said["arguments"], finishes, said["bill"])


class Node:
    """`new OpenAI(…)`."""

    name, reasons, streams_choices = "node", True, True

    def stream(self, ask: Ask) -> Told:
        return _told(_run("stream", ask))

    def whole(self, ask: Ask) -> Told:
        return _told(_run("whole", ask))

    def leave(self, ask: Ask) -> None:
        _run("leave", ask)
