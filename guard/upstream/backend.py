"""One model server: sends a request, hands back the answer as it arrives, and speaks of failures in our errors."""

import asyncio
from collections.abc import Mapping
from typing import Final

import aiohttp
import httpx
import msgspec
from aiohttp.http_exceptions import HttpProcessingError

from guard.core.call import BackendCall
from guard.errors import BackendBroken, BackendMalformed, BackendTimeout, BackendUnreachable, UpstreamError
from guard.upstream.transport import incoming

_IDENTITY: Final = frozenset({"", "identity"})


class BackendAddress(msgspec.Struct, frozen=True):
    """Where a backend is and how long it may be silent, in seconds. `api_key` is what it sees as ours.

    `first_byte_s` bounds the wait for a streamed answer's head, `whole_s` that for one that is not streamed.
    """

    name: str
    base_url: str
    models: tuple[str, ...]
    connect_s: float
    first_byte_s: float
    whole_s: float
    idle_s: float
    api_key: str | None = None
    modalities: tuple[str, ...] = ("text",)
    kind: str = "openai"

    def __repr__(self) -> str:
        return f"BackendAddress(name={self.name!r})"


class HttpAnswer:
    """Implements `ports.BackendAnswer`."""

    def __init__(self, response: httpx.Response) -> None:
        self._incoming = incoming(response)
        self.status = response.status_code
        self.headers: Mapping[str, str] = {name.lower(): value for name, value in self._incoming.headers.items()}

    async def read(self) -> bytes:
        """The next bytes as they came; empty at the end. Raises BackendBroken."""
        try:
            return await self._incoming.content.readany()
        except (aiohttp.ClientError, HttpProcessingError, ConnectionError, RuntimeError) as error:
            # RuntimeError is how aiohttp's reader says that its connection was closed after broken framing.
            raise BackendBroken(
                "The backend's connection broke off before its answer was complete; try again."
            ) from error

    def close(self) -> None:
        """Drops the connection at once. A connection whose answer was read to its end has gone back to the pool."""
        self._incoming.close()


class HttpBackend:
    """Implements `ports.Backend` over an httpx transport.

    The transport is used without httpx's client: redirects, cookies, authentication flows and the environment's proxies
    are what a guard must not follow anyway.
    """

    def __init__(self, address: BackendAddress, transport: httpx.AsyncBaseTransport) -> None:
        self.name = address.name
        self.address = address
        self._transport = transport
        self._base = address.base_url.rstrip("/")
        self._urls: dict[str, httpx.URL] = {}
        """By path: an API has a handful, and to read an address costs as much as to inspect a chunk."""
        self._extensions = {"timeout": {"connect": address.connect_s}}

    @property
    def idle_s(self) -> float:
        """How long it may be silent within an answer."""
        return self.address.idle_s

    @property
    def kind(self) -> str:
        """Which server it is."""
        return self.address.kind

    @property
    def modalities(self) -> tuple[str, ...]:
        """What its models are declared to take."""
        return self.address.modalities

    async def call(self, call: BackendCall) -> HttpAnswer:
        """Sends it and waits for the answer's head.

        A streamed answer begins with its first token, a whole one when all is written: each has its own bound.
        Raises BackendUnreachable, BackendTimeout, BackendBroken, BackendMalformed.
        """
        url = self._urls.get(call.path) or self._urls.setdefault(call.path, httpx.URL(self._base + call.path))
        request = httpx.Request(
            call.method, url, headers=self._headers(call), content=call.body, extensions=self._extensions
        )
        try:
            async with asyncio.timeout(self.address.first_byte_s if call.streamed else self.address.whole_s):
                response = await self._transport.handle_async_request(request)
        except TimeoutError as error:
            raise BackendTimeout("The backend did not begin its answer in time; try again later.") from error
        except (httpx.HTTPError, aiohttp.ClientError, OSError) as error:
            raise _translated(error) from error
        answer = HttpAnswer(response)
        if answer.headers.get("content-encoding", "") not in _IDENTITY:
            answer.close()
            raise BackendMalformed("The backend compressed its answer although it was asked not to.")
        return answer

    async def aclose(self) -> None:
        """Closes its connections."""
        await self._transport.aclose()

    def _headers(self, call: BackendCall) -> dict[str, str]:
        headers = {"accept-encoding": "identity", "user-agent": "guard", **dict(call.headers)}
        if self.address.api_key is not None:
            headers["authorization"] = f"Bearer {self.address.api_key}"
        return headers


def _translated(error: Exception) -> UpstreamError:
    cause = error.__cause__ if isinstance(error, httpx.HTTPError) else error
    if isinstance(
        cause, aiohttp.ServerDisconnectedError | aiohttp.ClientOSError | ConnectionResetError
    ) and not isinstance(cause, aiohttp.ClientConnectorError):
        return BackendBroken("The backend closed the connection without an answer; try again.")
    if isinstance(cause, aiohttp.ConnectionTimeoutError) or (
        isinstance(error, httpx.TimeoutException) and not isinstance(cause, aiohttp.ClientConnectionError)
    ):
        return BackendTimeout("No connection to the backend within its connect time-out; try again later.")
    if isinstance(cause, aiohttp.ClientConnectionError) or isinstance(error, httpx.ConnectError):
        return BackendUnreachable("The backend can't be reached; try again later.")
    return BackendBroken("The backend did not answer as HTTP says; try again.")
