"""The connections of the process: built from addresses, closed at shutdown."""

import ssl
from collections.abc import Sequence

import httpx

from guard.errors import ConfigError
from guard.upstream.backend import BackendAddress, HttpBackend
from guard.upstream.transport import transport


def connect(addresses: Sequence[tuple[BackendAddress, str | None]]) -> tuple[HttpBackend, ...]:
    """A backend for each (address, CA file). Opens no connection.

    Raises ConfigError for a CA file that can't be read.
    """
    return tuple(HttpBackend(address, open_transport(ca_file)) for address, ca_file in addresses)


async def disconnect(backends: Sequence[HttpBackend]) -> None:
    """Closes every connection."""
    for backend in backends:
        await backend.aclose()


def open_transport(ca_file: str | None) -> httpx.AsyncBaseTransport:
    """Connections that trust these authorities, by default the system's. Opens none. Raises ConfigError."""
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"ca_file {ca_file!r} can't be read as PEM: name a file of certificates") from error
    return transport(context)
