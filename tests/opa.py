"""A real OPA: where its binary is, and a server of it on a loopback port.

The binary is built by `make setup-opa` (Go 1.26 or later) and is never skipped: without it a test fails and says so.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.e2e.process import REPOSITORY, Process, free_port


def opa() -> Path:
    """The binary: `GUARD_OPA`, this checkout's, the main worktree's, or the PATH's."""
    for path in _candidates():
        if path.is_file():
            return path
    raise AssertionError("there is no OPA: run `make setup-opa` (Go 1.26 or later), or set GUARD_OPA to its binary")


def run_opa(*arguments: str | Path, stdin: str = "", cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Runs a command of OPA to its end, for its status and what it prints."""
    command = [str(opa()), *map(str, arguments)]
    return subprocess.run(command, input=stdin, cwd=cwd, capture_output=True, text=True, timeout=60)


class OpaServer(Process):
    """`opa run --server` over files and directories of policies. A context: it ends with the block.

    `options` are further ones of the command line, such as `--authentication=token`.
    """

    def __init__(self, folder: Path, paths: Sequence[Path] = (), options: Sequence[str] = ()) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        quiet = ["--addr", f"127.0.0.1:{self.port}", "--log-level=error", "--skip-version-check"]
        super().__init__(
            [str(opa()), "run", "--server", *quiet, *options, *map(str, paths)], folder, f"{self.url}/health"
        )

    def __enter__(self) -> "OpaServer":
        self.ready()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()


def _candidates() -> Iterator[Path]:
    if named := os.environ.get("GUARD_OPA"):
        yield Path(named)
        return
    yield REPOSITORY / ".tools/bin/opa"
    yield _main_worktree() / ".tools/bin/opa"
    if found := shutil.which("opa"):
        yield Path(found)


def _main_worktree() -> Path:
    """Where the repository itself lies, if this is one of its worktrees."""
    command = ["git", "-C", str(REPOSITORY), "rev-parse", "--path-format=absolute", "--git-common-dir"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    return Path(found.stdout.strip()).parent if found.returncode == 0 else REPOSITORY
