"""A small document at a configured address, read whole and within bounds: a token issuer's keys.

Certificates are verified, redirects are not followed, the environment's proxies are not used, and nobody else is asked.
"""

import asyncio
from typing import Final

import aiohttp
import httpx
from aiohttp.http_exceptions import HttpProcessingError

from guard.errors import KeysUnavailable
from guard.upstream.transport import incoming

MOST_BYTES: Final = 262_144
_WHOLE_S: Final = 5.0
_FOREIGN: Final = (httpx.HTTPError, httpx.InvalidURL, aiohttp.ClientError, HttpProcessingError, OSError, ValueError)


class RemoteDocument:
    """One address."""

    def __init__(self, url: str, transport: httpx.AsyncBaseTransport) -> None:
        self._url = url
        self._transport = transport

    async def read(self) -> bytes:
        """What lies there now. Raises KeysUnavailable."""
        try:
            async with asyncio.timeout(_WHOLE_S):
                return await self._read()
        except TimeoutError:
            raise _problem(f"takes longer than {_WHOLE_S:.0f} s") from None
        except _FOREIGN as error:
            raise _problem(f"can't be reached ({type(error).__name__})") from None

    async def close(self) -> None:
        """Closes its connections."""
        await self._transport.aclose()

    async def _read(self) -> bytes:
        head = {"accept": "application/json", "accept-encoding": "identity", "user-agent": "guard"}
        timeout = {"timeout": {"connect": _WHOLE_S}}
        request = httpx.Request("GET", self._url, headers=head, extensions=timeout)
        response = await self._transport.handle_async_request(request)
        answer = incoming(response)
        try:
            if response.status_code != httpx.codes.OK:
                raise _problem(f"answers {response.status_code}")
            content = bytearray()
            async for part in answer.content.iter_any():
                content += part
                if len(content) > MOST_BYTES:
                    raise _problem(f"is larger than {MOST_BYTES >> 10} KiB")
            return bytes(content)
        finally:
            answer.close()


def _problem(what: str) -> KeysUnavailable:
    return KeysUnavailable(f"A token issuer's list of keys {what}: check identity.jwt.")
