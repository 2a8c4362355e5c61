"""A real Redis or Valkey on a loopback port. It is never skipped: without one a test fails and says so."""

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

from tests.e2e.process import free_port

START_S = 20.0
NAMES = ("redis-server", "valkey-server")


def redis_server() -> str:
    """The binary: `GUARD_REDIS`, or one of the PATH or of Debian's place."""
    if named := os.environ.get("GUARD_REDIS"):
        return named
    places = os.pathsep.join((os.environ.get("PATH", ""), "/usr/bin", "/usr/local/bin"))
    for name in NAMES:
        if found := shutil.which(name, path=places):
            return found
    raise AssertionError(
        "there is no Redis: run `make setup-redis`, or `apt-get install redis-server` (or valkey-server), "
        "or set GUARD_REDIS to its binary"
    )


class RedisServer:
    """A server that keeps nothing on disk. A context: it ends with the block."""

    def __init__(self, folder: Path, port: int | None = None) -> None:
        self.port = port or free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._folder = folder
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "RedisServer":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        """Starts it, empty, and waits until it listens."""
        options = ["--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--appendonly", "no"]
        with (self._folder / "redis.log").open("wb") as out:
            command = [redis_server(), *options, "--dir", str(self._folder)]
            self._child = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
        until = time.monotonic() + START_S
        while time.monotonic() < until and self._child.poll() is None:
            with socket.socket() as probe:
                probe.settimeout(1)
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise AssertionError(f"redis-server did not start:\n{(self._folder / 'redis.log').read_text()}")

    def kill(self) -> None:
        """Ends it at once; what it held is gone."""
        if self._child is not None:
            self._child.kill()
            self._child.wait(START_S)
            self._child = None
