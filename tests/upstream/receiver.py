"""A receiver of webhooks on loopback: takes what is posted, and answers with the statuses that a test gives it."""

import asyncio
import base64
import hashlib
import hmac
import queue
from types import TracebackType
from typing import Any

import msgspec

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Posted(msgspec.Struct):
    """One request as it came."""

    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        """The body, decoded."""
        found: dict[str, Any] = msgspec.json.decode(self.body)
        return found

    def is_signed_with(self, secret: str) -> bool:
        """What a receiver does, by the text of Standard Webhooks and without Guard's code."""
        key = base64.b64decode(secret.partition("_")[2])
        content = f"{self.headers['webhook-id']}.{self.headers['webhook-timestamp']}.".encode() + self.body
        due = base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()
        return hmac.compare_digest(self.headers["webhook-signature"], f"v1,{due}")


class Receiver:
    """Listens in this loop. Each request gets the next of `statuses`, the last one for ever; 0 is silence."""

    def __init__(self, *statuses: int, location: str = "") -> None:
        self._statuses = list(statuses) or [204]
        self._location = location
        self.posted: queue.Queue[Posted] = queue.Queue()
        self.url = ""

    async def __aenter__(self) -> "Receiver":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/hook"
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        body = await reader.readexactly(int(headers["content-length"]))
        self.posted.put(Posted(head[0].split(" ")[1], headers, body))
        status = self._statuses.pop(0) if len(self._statuses) > 1 else self._statuses[0]
        if not status:
            await reader.read()
        else:
            more = f"location: {self._location}\r\n" if self._location else ""
            writer.write(f"HTTP/1.1 {status} X\r\n{more}content-length: 0\r\n\r\n".encode())
            await writer.drain()
        writer.close()
