"""Runs the command line as users do: a process of its own, in a directory of its own."""

import os
import subprocess
import sys
from pathlib import Path

GUARD = [sys.executable, "-m", "guard"]
MINIMAL = "backends: [{name: local, base_url: 'http://127.0.0.1:9001/v1', api_key: '${KEY}'}]\n"


def guard(directory: Path, *arguments: str, stdin: bytes = b"", **environ: str) -> subprocess.CompletedProcess[bytes]:
    """The finished command; its output as bytes."""
    return subprocess.run(
        [*GUARD, *arguments],
        cwd=directory,
        input=stdin,
        capture_output=True,
        env={**os.environ, **environ},
        check=False,
    )


def complaint(done: subprocess.CompletedProcess[bytes]) -> str:
    """What a refused command says: status 3, nothing on standard output, one line on standard error."""
    assert (done.returncode, done.stdout) == (3, b""), done
    line = done.stderr.decode()
    assert line.startswith("guard: ")
    assert line.count("\n") == 1
    return line.removeprefix("guard: ").strip()
