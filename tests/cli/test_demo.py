"""The demo backend serves at once, and ends with the process that started it, however that one ends."""

import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from guard.cli.demo import demo_backend

PARENT = """
import sys
from guard.cli.demo import demo_backend

if __name__ == "__main__":
    with demo_backend() as url:
        print(url, flush=True)
        sys.stdin.read()
"""


def test_it_serves_while_the_context_lasts() -> None:
    with demo_backend() as url:
        assert httpx.get(f"{url}/models", timeout=30).json()["data"]
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/models")


def test_it_ends_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    parent = subprocess.Popen(
        [sys.executable, str(script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert parent.stdout is not None
    url = parent.stdout.readline().strip()
    with httpx.Client(timeout=30) as client:
        assert client.get(f"{url}/models").status_code == 200
        parent.kill()
        # The child holds the same output: its end is the child's.
        assert parent.stdout.read() == ""
        with pytest.raises(httpx.TransportError):
            client.get(f"{url}/models")
    parent.communicate()
