"""Starts one server as a child process on loopback, waits until it answers, and ends it with all its children."""

import contextlib
import ctypes
import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec


class Running(msgspec.Struct, frozen=True):
    """A server that answers. `url` has no path."""

    pid: int
    url: str


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(
    command: Sequence[str],
    port: int,
    log: Path,
    *,
    path: str = "/",
    env: Mapping[str, str] | None = None,
    within_s: float = 60,
) -> Iterator[Running]:
    """Runs `command` until the block is left. `log` takes its output.

    Raises RuntimeError with the log's end when it stops, or does not answer a GET on `path` within `within_s` seconds.
    """
    with log.open("ab") as sink:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            env={**os.environ, **(env or {})},
            start_new_session=True,
            preexec_fn=_die_with_parent,
        )
    try:
        _await(child, port, path, log, within_s)
        yield Running(child.pid, f"http://127.0.0.1:{port}")
    finally:
        _end(child)


def _die_with_parent() -> None:
    """Asks the kernel for SIGTERM when the benchmark ends, even if it is killed (prctl(2), PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, int(signal.SIGTERM))


def _await(child: subprocess.Popen[bytes], port: int, path: str, log: Path, within_s: float) -> None:
    until = time.monotonic() + within_s
    while not _answers(port, path):
        if child.poll() is not None or time.monotonic() > until:
            how = "stopped" if child.poll() is not None else f"did not answer within {within_s:.0f} s"
            tail = log.read_text(errors="replace")[-1500:]
            raise RuntimeError(f"{child.args!r} {how}. Its last words:\n{tail}")
        time.sleep(0.1)


def _answers(port: int, path: str) -> bool:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        line.request("GET", path)
        return line.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        line.close()


def _end(child: subprocess.Popen[bytes]) -> None:
    """Ends the session that the child leads: first kindly, then for good."""
    for number, wait_s in ((signal.SIGTERM, 10.0), (signal.SIGKILL, 5.0)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(wait_s)
            if number is signal.SIGTERM:
                continue  # the leader went; whoever of its session is left goes with the second signal
            return
