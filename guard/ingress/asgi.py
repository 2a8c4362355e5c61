"""The client of one exchange, over ASGI; and its request body, read within bounds.

The streaming routes speak ASGI directly: a response object per chunk would cost more than inspecting it.
"""

import asyncio
from collections.abc import Sequence

from litestar.types import Receive, Scope, Send

from guard.errors import MalformedRequest, PayloadTooLarge


class AsgiClient:
    """Implements `ports.ClientSide`."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send

    async def start(self, status: int, headers: Sequence[tuple[str, str]]) -> None:
        """Sends the answer's head."""
        encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        await self._send({"type": "http.response.start", "status": status, "headers": encoded})

    async def write(self, data: bytes) -> None:
        """Sends some of the body; waits while the client's buffer is full."""
        await self._send({"type": "http.response.body", "body": data, "more_body": True})

    async def finish(self) -> None:
        """Ends the body."""
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def gone(self) -> None:
        """Returns when the client has left."""
        while (await self._receive())["type"] != "http.disconnect":
            pass


def address_of(scope: Scope) -> str:
    """The peer's IP address; empty if the server does not tell."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def headers_of(scope: Scope) -> tuple[tuple[str, str], ...]:
    """The request's headers, names in lower case."""
    return tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"])


async def read_body(receive: Receive, limit: int, patience_s: float = 60.0) -> bytes:
    """The request's body.

    Raises PayloadTooLarge past `limit` bytes, MalformedRequest if the client left or did not send it in time.
    """
    try:
        async with asyncio.timeout(patience_s):
            return await _body(receive, limit)
    except TimeoutError:
        raise MalformedRequest(f"The body did not come within {patience_s:.0f} seconds.") from None


async def _body(receive: Receive, limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise MalformedRequest("The request ended before its body did.")
        part = message["body"]
        size += len(part)
        if size > limit:
            raise PayloadTooLarge(f"The body is larger than limits.body_bytes ({limit}).")
        parts.append(part)
        if not message["more_body"]:
            return b"".join(parts)
