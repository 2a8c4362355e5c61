"""A real PostgreSQL: where its binaries are, and a private cluster on a free loopback port.

Its server runs as a user that is not root, as it wants to. It is never skipped: without the binaries a test fails and
says so.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.e2e.process import free_port

USER = "guard"
PASSWORD = "only-for-this-test"
_START_S = 60


class Cluster:
    """A server with data of its own. A context: it ends, and its data go, with the block."""

    def __init__(self) -> None:
        self.port = free_port()
        self._folder = Path(tempfile.mkdtemp(prefix="guard-postgres-"))
        self._data = self._folder / "data"
        self._account = _account()

    def __enter__(self) -> "Cluster":
        secret = self._folder / "password"
        secret.write_text(PASSWORD)
        if self._account is not None:
            shutil.chown(self._folder, self._account.pw_uid, self._account.pw_gid)
            shutil.chown(secret, self._account.pw_uid, self._account.pw_gid)
        how = ["--auth=scram-sha-256", f"--username={USER}", f"--pwfile={secret}", "--encoding=UTF8", "--no-sync"]
        self._run("initdb", f"--pgdata={self._data}", *how)
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def start(self) -> None:
        """Starts it, and waits until it answers."""
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
        self._control("start", "-o", options, "-l", str(self._folder / "log"), "-t", str(_START_S))

    def stop(self) -> None:
        """Ends it at once, as a crash does: connections break."""
        self._control("stop", "-m", "immediate")

    def database(self, name: str) -> str:
        """A new, empty database; its URL, which holds no password."""
        import psycopg

        with psycopg.connect(self._url("postgres"), password=PASSWORD, autocommit=True) as db:
            db.execute(f"CREATE DATABASE {name}".encode())
        return self._url(name)

    def _url(self, name: str) -> str:
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{name}"

    def _control(self, *arguments: str) -> None:
        self._run("pg_ctl", "-w", "-D", str(self._data), *arguments)

    def _run(self, name: str, *arguments: str) -> None:
        done = subprocess.run(
            [*self._as_user(), str(binary(name)), *arguments],
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            timeout=2 * _START_S,
            env=_environment(),
        )
        assert done.returncode == 0, f"{name} failed: {done.stderr}"

    def _as_user(self) -> list[str]:
        """PostgreSQL refuses to run as root."""
        return [] if self._account is None else ["runuser", "-u", self._account.pw_name, "--"]


def binary(name: str) -> Path:
    """One of its programs: from `GUARD_POSTGRES`, the PATH, or where Debian puts them."""
    for folder in _folders():
        if (folder / name).is_file():
            return folder / name
    raise AssertionError(
        "there is no PostgreSQL: run `make setup-postgres` (apt-get install postgresql), "
        "or set GUARD_POSTGRES to the directory of its binaries"
    )


def _folders() -> Iterator[Path]:
    if named := os.environ.get("GUARD_POSTGRES"):
        yield Path(named)
        return
    if found := shutil.which("initdb"):
        yield Path(found).resolve().parent
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


def _account() -> pwd.struct_passwd | None:
    """Whom the server runs as, if this is root: Debian's own account, or nobody."""
    if os.getuid() != 0:
        return None
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    return names.get("postgres") or names["nobody"]


def _environment() -> dict[str, str]:
    return {"PATH": f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
