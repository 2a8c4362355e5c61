"""Runs the bundled demo backend in a child process that ends with this one, however this one ends."""

import contextlib
import multiprocessing
import socket
import threading
from collections.abc import Iterator
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import uvicorn

END_S: Final = 5.0


@contextlib.contextmanager
def demo_backend() -> Iterator[str]:
    """Its base URL, on a free loopback port, while the context lasts. Its address takes connections at once."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        # Spawned, not forked: the child starts clean, and knows this process only by the pipe.
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        child = context.Process(target=_serve, args=(listener, theirs), name="guard-demo-backend", daemon=True)
        child.start()
        theirs.close()
        port = listener.getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        ours.close()
        child.join(END_S)
        child.kill()


def _serve(listener: socket.socket, parent: Connection) -> None:
    import uvicorn

    from guard.demo.backend import create_app

    server = uvicorn.Server(uvicorn.Config(create_app(), lifespan="off", ws="none", log_config=None, access_log=False))
    threading.Thread(target=_end_with, args=(parent, server), daemon=True).start()
    with contextlib.suppress(KeyboardInterrupt):
        server.run(sockets=[listener])


def _end_with(parent: Connection, server: "uvicorn.Server") -> None:
    # Nothing is ever sent: the kernel closes the other end when the parent is gone.
    with contextlib.suppress(EOFError, OSError):
        parent.recv_bytes()
    server.should_exit = True
    server.force_exit = True
