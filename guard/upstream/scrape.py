"""Reads a page of counters from a configured URL: bounded in size and time, no redirects, no proxies.

It knows no format. What goes wrong is one `EnergyError`, which never quotes the page.
"""

import asyncio
import ssl
from typing import Final

import aiohttp
import httpx
from aiohttp.http_exceptions import HttpProcessingError

from guard.errors import EnergyError
from guard.upstream.transport import incoming

MOST_BYTES: Final = 4_194_304
_FOREIGN: Final = (httpx.HTTPError, aiohttp.ClientError, HttpProcessingError, ssl.SSLError, OSError, ValueError)


class Scraper:
    """Gets pages over one transport."""

    def __init__(self, transport: httpx.AsyncBaseTransport, timeout_s: float) -> None:
        self._transport = transport
        self._timeout_s = timeout_s

    async def get(self, url: str) -> bytes:
        """The page. Raises EnergyError."""
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._read(url)
        except TimeoutError:
            raise EnergyError(f"the counters' page was not there within {self._timeout_s:g} seconds") from None
        except _FOREIGN as error:
            raise EnergyError(f"the counters' page can't be read ({type(error).__name__}); check its URL") from None

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._transport.aclose()

    async def _read(self, url: str) -> bytes:
        timeout = {"timeout": {"connect": self._timeout_s}}
        headers = {"user-agent": "guard", "accept": "text/plain; version=0.0.4"}
        request = httpx.Request("GET", url, headers=headers, extensions=timeout)
        response = await self._transport.handle_async_request(request)
        answer = incoming(response)
        try:
            if response.status_code != 200:
                raise EnergyError(f"the counters' page answered with status {response.status_code}; check its URL")
            return await _whole(answer)
        finally:
            answer.close()


async def _whole(answer: aiohttp.ClientResponse) -> bytes:
    page = bytearray()
    async for part in answer.content.iter_any():
        page += part
        if len(page) > MOST_BYTES:
            raise EnergyError(f"the counters' page is longer than {MOST_BYTES} bytes")
    return bytes(page)
