"""What surrounds a request is bounded, and an address that can't be had is said in one line. Real sockets."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from guard.cli import head
from guard.cli.serve import bound, server_for
from guard.config import Address
from guard.errors import ConfigError

Scope = dict[str, Any]


async def echo(scope: Scope, receive: Any, send: Any) -> None:
    """Answers with the names of the headers and the length of the body."""
    if scope["type"] == "lifespan":
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    length, more = 0, True
    while more:
        message = await receive()
        length += len(message.get("body", b""))
        more = message.get("more_body", False)
    names = b",".join(name for name, _ in scope["headers"])
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % (len(names) + 9))]}
    )
    await send({"type": "http.response.body", "body": names + b";%08d" % length})


@contextlib.contextmanager
def serving() -> Iterator[tuple[str, int]]:
    probe = socket.create_server(("127.0.0.1", 0))
    address = Address(host="127.0.0.1", port=probe.getsockname()[1])
    probe.close()
    with bound(address) as listener:
        server = server_for(echo, shutdown_s=0)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield address.host, address.port
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture
def connection() -> Iterator[socket.socket]:
    with serving() as address, socket.create_connection(address, timeout=30) as client:
        yield client


def answer(client: socket.socket) -> bytes:
    """All that comes until the server closes or has sent one whole answer."""
    data = b""
    with contextlib.suppress(ConnectionResetError):
        while not data.endswith(tuple(b";%08d" % n for n in (0, 5, 200_000))) and (more := client.recv(65_536)):
            data += more
    return data


def pour(client: socket.socket, piece: bytes, times: int) -> None:
    """Sends until all is sent or the other side has had enough."""
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        for _ in range(times):
            client.sendall(piece)


def test_a_request_is_answered_without_the_servers_name(connection: socket.socket) -> None:
    connection.sendall(b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello")
    said = answer(connection)
    assert said.startswith(b"HTTP/1.1 200")
    assert said.endswith(b"host,content-length;00000005")
    assert b"server:" not in said.lower()


def test_a_large_body_is_no_large_head(connection: socket.socket) -> None:
    connection.sendall(b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 200000\r\n\r\n" + b"x" * 200_000)
    assert answer(connection).endswith(b";00200000")


@pytest.mark.parametrize(
    ("start", "piece"),
    [
        (b"GET /", b"a" * 4096),
        (b"GET / HTTP/1.1\r\nx: ", b"a" * 4096),
        (b"GET / HTTP/1.1\r\n", b"x: y\r\n" * 512),
        (b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n", b"x: y\r\n" * 512),
        (b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx: ", b"a" * 4096),
    ],
    ids=["path", "one header", "many headers", "many trailers", "one trailer"],
)
def test_what_never_ends_is_ended(connection: socket.socket, start: bytes, piece: bytes) -> None:
    connection.sendall(start)
    pour(connection, piece, 4096)
    said = answer(connection)
    assert said == b"" or said.startswith(b"HTTP/1.1 431")


def test_trailers_do_not_change_a_request(connection: socket.socket) -> None:
    connection.sendall(
        b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nevil: 1\r\n\r\n"
    )
    assert answer(connection).endswith(b"host,transfer-encoding;00000005")


@pytest.mark.parametrize("start", [b"", b"GET / HTTP/1.1\r\nx: "], ids=["silence", "half a head"])
def test_a_client_that_does_not_finish_its_head_is_not_kept(monkeypatch: pytest.MonkeyPatch, start: bytes) -> None:
    monkeypatch.setattr(head, "HEAD_S", 0.05)
    with serving() as address, socket.create_connection(address, timeout=30) as client:
        client.sendall(start)
        assert answer(client) == b""


def test_a_connection_is_used_again(connection: socket.socket) -> None:
    for _ in range(3):
        connection.sendall(b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello")
        assert answer(connection).endswith(b";00000005")


def test_an_address_that_is_taken_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"can't listen on 127.0.0.1:{port}"):
            bound(Address(host="127.0.0.1", port=port))
