"""The page's own listener takes its token, and whatever else a stranger sends there is no token and no error."""

import asyncio
import socket

import pytest

from guard.ingress.metrics import metrics_listener

TOKEN = "sesame"


async def page(_accept: str) -> tuple[bytes, str]:
    return b"figures", "text/plain"


@pytest.mark.parametrize(
    ("credential", "status"),
    [
        (b"Bearer sesame", b"200"),
        (b"Bearer sesam\xff", b"401"),
        (b"Bearer \xed\xa0\x80", b"401"),
        (b"Bearer s\xc3\xa9same", b"401"),
        (b"Bearer", b"401"),
        (b"Basic sesame", b"401"),
        (b"", b"401"),
    ],
)
async def test_what_is_no_token_is_refused(credential: bytes, status: bytes) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    async with metrics_listener("127.0.0.1", port, TOKEN, page):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /metrics HTTP/1.1\r\nhost: x\r\nauthorization: %s\r\nconnection: close\r\n\r\n" % credential)
        answer = await asyncio.wait_for(reader.read(), 10)
        writer.close()
    assert answer.split(b" ", 2)[1] == status
    assert (b"figures" in answer) == (status == b"200")
