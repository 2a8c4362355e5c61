"""Talks to the admin API of a running Guard. The key comes from the environment or a file, never from the arguments."""

import functools
import os
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import click
import httpx
import msgspec

from guard.cli.terminal import visible

TIMEOUT_S: Final = 15.0
KEY: Final = "GUARD_ADMIN_KEY"
_T = TypeVar("_T")


class _Details(msgspec.Struct):
    message: str


class _Refusal(msgspec.Struct):
    error: _Details


class AdminClient:
    """One server's admin API. Every method raises ClickException with the cure."""

    def __init__(self, url: str, key: str, ca_file: Path | None = None, timeout_s: float = TIMEOUT_S) -> None:
        self._url = url.rstrip("/")
        self._timeout_s = timeout_s
        try:
            context = ssl.create_default_context(cafile=ca_file)
        except (OSError, ssl.SSLError):
            raise click.UsageError(f"{ca_file} can't be read as PEM: name a file of certificates") from None
        headers = {"authorization": f"Bearer {key}", "user-agent": "guard"}
        self._http = httpx.Client(verify=context, headers=headers, timeout=timeout_s, trust_env=False)

    def get(self, path: str, kind: type[_T]) -> _T:
        """What is at a path below `/v1/guard/admin`."""
        return self._asked("GET", path, kind, b"")

    def post(self, path: str, kind: type[_T], body: bytes = b"") -> _T:
        """What an action answers."""
        return self._asked("POST", path, kind, body)

    def _asked(self, method: str, path: str, kind: type[_T], body: bytes) -> _T:
        try:
            answer = self._http.request(method, f"{self._url}/v1/guard/admin{path}", content=body)
        except httpx.TimeoutException:
            raise click.ClickException(f"{self._url} did not answer within {self._timeout_s:.0f} seconds") from None
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError):
            raise click.ClickException(f"{self._url} can't be reached: name a running Guard with --url") from None
        try:
            if answer.status_code != 200:
                told = msgspec.json.decode(answer.content, type=_Refusal).error.message
                raise click.ClickException(visible(told))
            return msgspec.json.decode(answer.content, type=kind)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise click.ClickException(
                f"{self._url} answered with status {answer.status_code} and not as Guard does: name a Guard with --url"
            ) from None


def server_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options that name the server and its key; the command gets a client in their place."""

    @click.option("--url", envvar="GUARD_URL", default="http://127.0.0.1:8080", show_default=True, help="Guard's URL.")
    @click.option("--key-file", type=click.Path(path_type=Path), help=f"File of the key, in place of {KEY}.")
    @click.option("--ca-file", type=click.Path(path_type=Path), help="PEM file of the authorities to trust.")
    @functools.wraps(command)
    def run(url: str, key_file: Path | None, ca_file: Path | None, **options: Any) -> Any:
        return command(client=AdminClient(url, key_of(key_file), ca_file), **options)

    return run


def key_of(file: Path | None) -> str:
    """An administrator's key, from a file or the environment. Raises UsageError."""
    if file is not None:
        try:
            key = file.read_text("ascii").strip()
        except (OSError, UnicodeDecodeError):
            raise click.UsageError(f"{file} can't be read: name a file that holds an administrator's key") from None
    else:
        key = os.environ.get(KEY, "").strip()
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise click.UsageError(f"no administrator's key: set {KEY}, or name a file that holds one with --key-file")
    return key
