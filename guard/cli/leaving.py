"""The server, with a word before it stops: what waits for a person would wait out the whole grace of a shutdown."""

import socket
from collections.abc import Callable

import uvicorn


class LeavingServer(uvicorn.Server):
    """Says that it is leaving, then lets what runs end."""

    def __init__(self, config: uvicorn.Config, leaving: Callable[[], None]) -> None:
        super().__init__(config)
        self._leaving = leaving

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Ends in good order."""
        self._leaving()
        await super().shutdown(sockets)
