"""httpx over aiohttp, with the answer's bytes readable as they arrive and the connection closable at once.

It can't see what the bytes mean. Redirects are not followed, cookies not kept, the environment's proxies not used.
"""

import ssl
from typing import Final

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport
from httpx_aiohttp.transport import AiohttpResponseStream

KEEP_ALIVE_S: Final = 4.0
"""Below the five seconds after which common Python servers close an idle connection."""

_READ_BUFFER_BYTES: Final = 262_144


def transport(context: ssl.SSLContext) -> AiohttpTransport:
    """A transport without a bound of its own on connections: admission bounds exchanges."""

    def session() -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEP_ALIVE_S, ssl=context)
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            read_bufsize=_READ_BUFFER_BYTES,
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding"),
        )

    return AiohttpTransport(verify=context, trust_env=False, client=session)


def incoming(response: httpx.Response) -> aiohttp.ClientResponse:
    """The aiohttp answer below httpx's, read directly: each layer between costs as much as a detector does.

    Raises TypeError if the answer did not come through `transport`.
    """
    if not isinstance(response.stream, AiohttpResponseStream):
        raise TypeError("the answer came through another transport")
    return response.stream._aiohttp_response
