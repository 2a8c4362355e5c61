"""Drives one exchange from the client's request to the settled account, and owns what may go wrong on the way.

The way itself is `way.py`; here is what surrounds it: the client that leaves, the error that is told, the end. It is
one of the two places where any exception is caught: whatever happens, nothing uninspected leaves and the account is
closed.
"""

import asyncio
from typing import Final

import structlog
from ulid import ULID

from guard.core.entry import Status
from guard.errors import ClientStalled, Forbidden, GuardError, InvariantError, RequestError
from guard.ports import ClientSide
from guard.runtime.parts import Call, Parts
from guard.runtime.reply import Reply
from guard.runtime.telemetry import place_of
from guard.runtime.way import Way

_log: Final = structlog.get_logger("guard.exchange")


class _ClientLeft(Exception):
    """The client closed its connection."""


class Exchange:
    """One exchange. `run` it once."""

    def __init__(self, parts: Parts, call: Call, client: ClientSide) -> None:
        self.id = str(ULID())
        self._reply = Reply(client, call.dialect, self.id)
        self._client = client
        self.way = Way(parts, call, self.id, self._reply)

    async def run(self) -> None:
        """Serves it, whatever happens, and settles its account. Raises nothing but cancellation of the server's own."""
        try:
            await self._serve_to_the_end()
            await self.way.count()
        finally:
            self._settle()

    async def _serve_to_the_end(self) -> None:
        try:
            await self._serve_watched()
        except asyncio.CancelledError:
            self._ends(Status.ABORTED, "shutdown")
            raise

    async def _serve_watched(self) -> None:
        """Serves until it is done or the client leaves, which ends the backend's work at once."""
        try:
            async with asyncio.TaskGroup() as group:
                watch = group.create_task(self._watch())
                await self._serve_safely()
                watch.cancel()
        except* _ClientLeft:
            if self.way.relay is not None and self.way.relay.complete:
                # Clients hang up on the end mark, sometimes before the backend has closed.
                self.way.relay.finished()
            else:
                self._ends(Status.ABORTED, "client_left")

    async def _watch(self) -> None:
        await self._client.gone()
        raise _ClientLeft

    async def _serve_safely(self) -> None:
        try:
            await self._serve_or_say()
        except ClientStalled as error:
            # Nobody takes what we have to say: returning without an end makes the server drop the connection.
            self._ends(Status.ABORTED, error.code)

    async def _serve_or_say(self) -> None:
        try:
            await self.way.go()
        except ClientStalled:
            raise
        except RequestError as error:
            denied = isinstance(error, Forbidden)
            self._ends(Status.BLOCKED if denied else Status.FAILED, error.code)
            self._reply.decision = "deny" if denied else "error"
            await self._reply.fail(error, self.way.relay)
        except GuardError as error:
            self._ends(Status.FAILED, error.code)
            await self._reply.fail(error, self.way.relay)
        except Exception as error:  # noqa: BLE001
            # Our bug, or a library's: the client learns that it failed, the log which kind, and nobody the text.
            self._ends(Status.FAILED, InvariantError.code)
            _log.error("exchange_failed", exchange=self.id, error=type(error).__name__, at=place_of(error))
            await self._reply.fail(
                InvariantError("Guard failed on this exchange; its id is in the log."), self.way.relay
            )

    def _ends(self, status: Status, reason: str) -> None:
        if self.way.account is not None:
            self.way.account.ends(status, reason)

    def _settle(self) -> None:
        self.way.settle()
