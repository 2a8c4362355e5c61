"""A bundle server: an HTTP address that is asked for a bundle now and then, with the ETag of the last one.

As OPA asks it: https://www.openpolicyagent.org/docs/management-bundles#bundle-service-api. The address, the token and
the authorities come from the configuration, redirects are not followed, and nobody else is called.
"""

import asyncio
import random
import ssl
import threading
import time
from collections.abc import AsyncIterator
from typing import Final

import httpx
import msgspec

from guard.errors import BundleTooLarge, BundleUnavailable, ConfigError
from guard.policy.bundle.archive import MOST_PACKED, Files, unpack
from guard.policy.bundle.keeping import Kept

_CONNECT_S: Final = 5.0
_WHOLE_S: Final = 30.0
_SPREAD: Final = 0.1
_TYPES: Final = frozenset(
    {"application/vnd.openpolicyagent.bundles", "application/gzip", "application/x-gzip", "application/octet-stream"}
)


class BundleAddress(msgspec.Struct, frozen=True, kw_only=True):
    """Where bundles are had. `url` has no credentials in it."""

    url: str
    poll_s: float
    token: str = ""
    ca_file: str | None = None

    def __repr__(self) -> str:
        return f"BundleAddress(url={self.url!r}, poll_s={self.poll_s})"


class ServerFeed:
    """The bundle of a server, polled. See `Feed`."""

    def __init__(self, address: BundleAddress, kept: Kept | None) -> None:
        """`kept`: where the last good bundle is kept. Raises ConfigError for a `ca_file` that can't be read."""
        self.place = address.url
        self._address = address
        self._kept = kept
        self._etag = ""
        self._packed = b""
        self._closed = threading.Event()
        self._client = _client(address)

    def read(self, *, anew: bool = False) -> Files | None:
        """See `Feed.read`. Raises BundleUnavailable, BundleError."""
        head = {"if-none-match": self._etag} if self._etag and not anew else {}
        try:
            with self._client.stream("GET", self._address.url, headers=head) as answer:
                if answer.status_code == httpx.codes.NOT_MODIFIED and head:
                    return None
                _check_answer(answer)
                packed = self._body(answer)
                etag = answer.headers.get("etag", "")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise BundleUnavailable(f"can't be reached ({type(error).__name__}): check address and network") from None
        # Remembered although it may be refused: asking again would not make it better.
        self._packed, self._etag = packed, etag
        return unpack(packed)

    def taken(self) -> None:
        """See `Feed.taken`: keeps the bundle for a start without the server."""
        if self._kept is not None:
            self._kept.keep(self._packed)
        self._packed = b""

    def last_good(self) -> Files | None:
        """See `Feed.last_good`. Raises BundleError."""
        return None if self._kept is None else self._kept.read()

    async def changes(self) -> AsyncIterator[None]:
        """See `Feed.changes`. Replicas that start together do not ask together."""
        while True:
            await asyncio.sleep(self._address.poll_s * random.uniform(1 - _SPREAD, 1 + _SPREAD))  # noqa: S311
            yield None

    def close(self) -> None:
        """See `Feed.close`."""
        self._closed.set()

    def _body(self, answer: httpx.Response) -> bytes:
        """The body within its bounds of size and time; as it came, whatever encoding a proxy claims."""
        packed, deadline = bytearray(), time.monotonic() + _WHOLE_S
        for chunk in answer.iter_raw():
            packed += chunk
            if len(packed) > MOST_PACKED:
                raise BundleTooLarge(f"is larger than {MOST_PACKED >> 20} MiB: leave out what policies do not need")
            if time.monotonic() > deadline or self._closed.is_set():
                raise BundleUnavailable(f"takes longer than {_WHOLE_S:.0f} s to send: check the network")
        return bytes(packed)


def _client(address: BundleAddress) -> httpx.Client:
    try:
        context = ssl.create_default_context(cafile=address.ca_file)
    except (OSError, ssl.SSLError):
        raise ConfigError("policy.ca_file can't be read as PEM: name a file of certificates") from None
    head = {"accept": ", ".join(sorted(_TYPES)), "accept-encoding": "identity", "prefer": "modes=snapshot"}
    if address.token:
        head["authorization"] = f"Bearer {address.token}"
    return httpx.Client(verify=context, headers=head, timeout=_CONNECT_S, trust_env=False, follow_redirects=False)


def _check_answer(answer: httpx.Response) -> None:
    status = answer.status_code
    if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        raise BundleUnavailable(f"answers {status}: check policy.token")
    if answer.is_redirect:
        raise BundleUnavailable(f"answers {status}, a redirect: name where it leads in policy.source")
    if status != httpx.codes.OK:
        raise BundleUnavailable(f"answers {status}: check policy.source")
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind and kind not in _TYPES:
        raise BundleUnavailable(f"answers with something else than {', '.join(sorted(_TYPES))}: check policy.source")
