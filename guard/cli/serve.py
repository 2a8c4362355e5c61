"""`guard serve`: Guard behind uvicorn, in one process."""

import contextlib
import gc
import socket
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from guard.cli.lifespan import Application, outspoken
from guard.cli.source import config_option, configured
from guard.config import Address, Settings, demo_settings, parse_address, starter_policies, with_listen
from guard.errors import ConfigError

if TYPE_CHECKING:
    import uvicorn

Leaving = Callable[[], None]
BACKLOG: Final = 2048
KEEP_ALIVE_S: Final = 75
"""Longer than clients pool connections for, so that it is they who close an idle one."""


@click.command()
@config_option
@click.option("--demo", is_flag=True, help="Serve before a bundled pretend backend; needs no configuration.")
@click.option("--listen", help="ADDRESS:PORT, instead of the configuration's.")
def serve(config_file: Path | None, demo: bool, listen: str | None) -> None:
    """Serve until interrupted."""
    if demo and config_file is not None:
        raise click.UsageError("--demo brings its own configuration: leave --config out")
    if demo:
        _serve_demo(listen)
        return
    settings = configured(config_file)
    _serve(with_listen(settings, listen) if listen else settings)


def _serve_demo(listen: str | None) -> None:
    from guard.cli.demo import demo_backend

    policies = starter_policies(Path.cwd())
    with demo_backend() as backend_url:
        settings = demo_settings(backend_url, policies)
        settings = with_listen(settings, listen or settings.listen)
        _serve(settings, banner=_curl(settings.listen))


def _serve(settings: Settings, banner: str = "") -> None:
    from guard.app import build_app

    with bound(parse_address(settings.listen)) as listener:
        app = build_app(settings)
        server = server_for(app, settings.shutdown_s, app.state.leaving)
        click.echo(f"guard: listening on http://{settings.listen}", err=True)
        if banner:
            click.echo(banner)
        _spare_collector()
        # Uvicorn ends in good order on SIGINT and then raises it again.
        with contextlib.suppress(KeyboardInterrupt):
            server.run(sockets=[listener])


def _spare_collector() -> None:
    """Takes what was built at boot out of the garbage collector's sight, and lets it look less often.

    Streams make many short-lived objects and next to no cycles.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000, 20, 50)


def server_for(app: Application, shutdown_s: int, leaving: Leaving = lambda: None) -> "uvicorn.Server":
    """A server of one worker that writes no access log: a request's path and query are not ours to show.

    `leaving` is called when it is told to end, before it waits for what runs.
    """
    import uvicorn

    from guard.cli.head import BoundedHead
    from guard.cli.leaving import LeavingServer

    return LeavingServer(
        uvicorn.Config(
            outspoken(app),
            loop="uvloop",
            http=BoundedHead,
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            backlog=BACKLOG,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=shutdown_s,
        ),
        leaving,
    )


def bound(address: Address) -> socket.socket:
    """A socket that listens; connections wait until the server takes them. Raises ConfigError when it can't be had."""
    host = "127.0.0.1" if address.host == "localhost" else address.host
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Accepted connections inherit it: a token must not wait for a full segment.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listener.bind((host, address.port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise ConfigError(
            f"can't listen on {address.host}:{address.port} ({error.strerror}); choose another address under listen"
        ) from None
    return listener


def _curl(listen: str) -> str:
    body = '{"model": "demo", "stream": true, "messages": [{"role": "user", "content": "Show me a customer contact"}]}'
    return f"curl -sN http://{listen}/v1/chat/completions -H 'content-type: application/json' -d '{body}'"
