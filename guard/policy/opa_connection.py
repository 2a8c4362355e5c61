"""How an OPA server is spoken to: the connection of opa-python-client, with a session of ours.

Of the library this uses how it carries its token, sends and closes. Its own `query_rule` takes an answer of any length,
follows redirects and trusts the system's authorities only. Here redirects are not followed, compressed answers not
taken, cookies not kept, the environment's proxies not used.
"""

import ssl
from typing import Final
from urllib.parse import urlsplit

import aiohttp
from opa_client.opa_async import AsyncOpaClient

from guard.errors import ConfigError

_MOST_BYTES: Final = 1_048_576
_HEADERS: Final = {"accept": "application/json", "accept-encoding": "identity", "content-type": "application/json"}


class OpaConnection(AsyncOpaClient):  # type: ignore[misc]  # it has no types
    """The library's client with a session of ours."""

    def __init__(self, url: str, token: str | None, ca_file: str | None) -> None:
        """Opens nothing. Raises ConfigError for a CA file that can't be read."""
        parts = urlsplit(url)
        super().__init__(host=parts.hostname or "", port=parts.port or 8181, token=token, retries=0)
        self.root_url = url.rstrip("/") + "/v1"
        self._tls = _context(ca_file)

    async def _init_session(self) -> None:
        self._session = aiohttp.ClientSession(
            headers={**_HEADERS, **(self.headers or {})},
            connector=aiohttp.TCPConnector(ssl=self._tls),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),
            auto_decompress=False,
        )

    async def post(self, path: str, body: bytes) -> tuple[int, bytes | None]:
        """The status and the body of the answer; no body if it is too large or compressed."""
        if self._session is None:
            await self._init_session()
        async with self._request("POST", self.root_url + path, data=body, allow_redirects=False) as response:
            if response.headers.get("content-encoding", "identity") != "identity":
                return response.status, None
            return response.status, await _bounded(response)


async def _bounded(response: aiohttp.ClientResponse) -> bytes | None:
    body = bytearray()
    async for piece in response.content.iter_any():
        body += piece
        if len(body) > _MOST_BYTES:
            response.close()
            return None
    return bytes(body)


def _context(ca_file: str | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError):
        raise ConfigError(f"opa.ca_file: {ca_file!r} can't be read as PEM: name a file of certificates") from None
