"""Delivers usage events to a billing system, in the ledger's order and without loss.

A batch is posted until it is taken; only then is it marked as delivered, and only then comes the next. So whoever dies
at whatever moment, the worst is that a receiver gets events a second time, with the same ids and the same content.
Redirects are not followed, and an answer's body is not read.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Final

import aiohttp
import httpx
import msgspec
import structlog
from aiohttp.http_exceptions import HttpProcessingError

from guard.core.usage_event import UsageBatch
from guard.errors import LedgerError
from guard.ports import Outbox
from guard.upstream.transport import incoming
from guard.upstream.usage_message import CONTENT_TYPE, Subject, batch_body, batch_id
from guard.upstream.webhook_message import signed_headers

_log: Final = structlog.get_logger("guard.usage_events")
_FOREIGN: Final = (httpx.HTTPError, aiohttp.ClientError, HttpProcessingError, OSError, RuntimeError, ValueError)
"""What the client's libraries raise; a fault of theirs is one attempt that failed."""
_TOO_LARGE: Final = 413


class FeedAddress(msgspec.Struct, frozen=True):
    """Where batches go, and how. `key` signs them, none if empty; `token` is a bearer token, none if empty.

    `look_s` is the time between two looks for new entries; `pause_s` the first pause after an attempt that failed,
    which doubles up to `most_pause_s`; `turn_s` the time between two questions whether it is this process's turn.
    """

    url: str
    key: bytes
    token: str
    source: str
    subject: Subject
    batch: int = 100
    timeout_s: float = 10.0
    look_s: float = 1.0
    pause_s: float = 0.5
    most_pause_s: float = 60.0
    turn_s: float = 3.0

    def __repr__(self) -> str:
        return f"FeedAddress(source={self.source!r})"


class UsageFeed:
    """Delivers while `running`."""

    def __init__(self, address: FeedAddress, outbox: Outbox, transport: httpx.AsyncBaseTransport) -> None:
        self._address = address
        self._outbox = outbox
        self._transport = transport
        self._counts: Counter[str] = Counter()
        self._waiting = 0
        self._problem = ""
        self._pause_s = address.pause_s
        self._batch = address.batch
        """How many events a request has at most; fewer once the receiver has found one too large."""
        self._stopping = asyncio.Event()

    def figures(self) -> Mapping[str, int]:
        """How many entries wait, as far as this process knows, and what became of others since the start.

        `delivered` counts events, `failures` attempts. Nothing is ever given up or dropped.
        """
        return {"queued": self._waiting, "delivered": self._counts["delivered"], "failures": self._counts["failures"]}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Delivers until it is left; an attempt that is under way then is waited for."""
        async with self._transport, asyncio.TaskGroup() as group:
            group.create_task(self._work())
            try:
                yield
            finally:
                self._stopping.set()

    async def _work(self) -> None:
        """Not cancelled, for the outbox works in threads: every wait in it has a bound and hears of the end."""
        held = False
        try:
            while not self._stopping.is_set():
                try:
                    held = held or await asyncio.to_thread(self._outbox.hold)
                    wait_s = await self._turn() if held else self._address.turn_s
                except LedgerError as error:
                    # Whatever became of the lock: it is asked for anew.
                    held = False
                    await self._release()
                    wait_s = self._failed(error.message)
                await self._rest(wait_s)
        finally:
            await self._release()

    async def _turn(self) -> float:
        """Delivers one batch; how long to rest behind it. Raises LedgerError."""
        batch = await asyncio.to_thread(self._outbox.take, self._batch)
        if batch is None:
            self._waiting = 0
            return self._address.look_s
        self._waiting = batch.waiting
        if batch.events and (problem := await self._attempt(batch)):
            return self._failed(problem)
        await asyncio.to_thread(self._outbox.delivered, batch)
        self._went(batch)
        return 0.0

    async def _attempt(self, batch: UsageBatch) -> str:
        """What went wrong, empty if nothing did."""
        try:
            async with asyncio.timeout(self._address.timeout_s):
                status = await self._post(batch)
        except TimeoutError:
            return "timeout"
        except _FOREIGN as error:
            return type(error).__name__
        if status == _TOO_LARGE:
            self._batch = max(1, len(batch.events) // 2)
        return "" if 200 <= status < 300 else f"status {status}"

    async def _post(self, batch: UsageBatch) -> int:
        address = self._address
        body = batch_body(batch.events, address.source, address.subject)
        headers = {"user-agent": "guard", "content-type": CONTENT_TYPE}
        if address.key:
            signed = signed_headers(address.key, batch_id(batch.events), int(time.time()), body)
            headers = {**signed, **headers}
        if address.token:
            headers["authorization"] = f"Bearer {address.token}"
        timeout = {"timeout": {"connect": address.timeout_s}}
        request = httpx.Request("POST", address.url, headers=headers, content=body, extensions=timeout)
        response = await self._transport.handle_async_request(request)
        incoming(response).close()
        return response.status_code

    def _went(self, batch: UsageBatch) -> None:
        self._counts["delivered"] += len(batch.events)
        self._pause_s = self._address.pause_s
        if self._problem:
            self._problem = ""
            _log.info("usage_events", state="delivers", waiting=self._waiting)

    def _failed(self, problem: str) -> float:
        """Counts and tells it; how long to pause."""
        self._counts["failures"] += 1
        if problem != self._problem:
            self._problem = problem
            _log.warning("usage_events", state="stuck", problem=problem, waiting=self._waiting)
        pause_s, self._pause_s = self._pause_s, min(self._pause_s * 2, self._address.most_pause_s)
        return pause_s

    async def _release(self) -> None:
        with suppress(LedgerError):
            await asyncio.to_thread(self._outbox.release)

    async def _rest(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
