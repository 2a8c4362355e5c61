"""Tells a configured URL of approvals or budgets, beside the exchanges and never in their way.

Events wait in a queue of bounded length and are posted by a few tasks, each a bounded number of times; what can't be
delivered is given up, counted and logged. No order is promised between events: each says what state it tells of.
Redirects are not followed, and an answer's body is not read.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

import aiohttp
import httpx
import msgspec
import structlog
from aiohttp.http_exceptions import HttpProcessingError

from guard.upstream.transport import incoming
from guard.upstream.webhook_message import Notice, body_of, signed_headers, subject_of

_log: Final = structlog.get_logger("guard.webhook")
_HANDS: Final = 4
_LAST_S: Final = 1.0
_FOREIGN: Final = (httpx.HTTPError, aiohttp.ClientError, HttpProcessingError, OSError, RuntimeError, ValueError)
"""What the client's libraries raise; a fault of theirs is one attempt that failed, and must not end a hand."""
_AGAIN: Final = frozenset({408, 425, 429})
"""Refusals that may pass, beside all of 500 and above."""


class WebhookAddress(msgspec.Struct, frozen=True):
    """Where events go, what they are signed with, and what they say of where they come from.

    `pauses_s` lie between the attempts, of which there is one more; each takes `timeout_s` at most.
    """

    url: str
    key: bytes
    source: str
    timeout_s: float = 5.0
    queue: int = 1000
    pauses_s: tuple[float, ...] = (0.5, 2.0, 8.0, 30.0)

    def __repr__(self) -> str:
        return f"WebhookAddress(source={self.source!r})"


class Webhook:
    """Delivers events while `running`."""

    def __init__(self, address: WebhookAddress, transport: httpx.AsyncBaseTransport) -> None:
        self._address = address
        self._transport = transport
        self._queue: asyncio.Queue[Notice] = asyncio.Queue(address.queue)
        self._counts: Counter[str] = Counter()

    def tell(self, event: Notice) -> None:
        """Takes an event to deliver; returns at once."""
        try:
            self._queue.put_nowait(event)
        except asyncio.QueueFull:
            self._count("dropped", event)

    def figures(self) -> Mapping[str, int]:
        """How many events wait, and what became of the others since the start.

        `failures` counts attempts; `given_up` and `dropped` (the queue was full) count events that were not delivered.
        """
        counted = {name: self._counts[name] for name in ("delivered", "failures", "given_up", "dropped")}
        return {"queued": self._queue.qsize(), **counted}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Delivers until it is left; then what waits gets a little longer than one attempt may take."""
        async with asyncio.TaskGroup() as group:
            hands = [group.create_task(self._work()) for _ in range(_HANDS)]
            try:
                yield
            finally:
                await self._drain()
                for hand in hands:
                    hand.cancel()
        await self._transport.aclose()

    async def _drain(self) -> None:
        try:
            async with asyncio.timeout(self._address.timeout_s + _LAST_S):
                await self._queue.join()
        except TimeoutError:
            _log.warning("webhook", state="unsent", events=self._queue.qsize())

    async def _work(self) -> None:
        while True:
            event = await self._queue.get()
            try:
                await self._deliver(event)
            finally:
                self._queue.task_done()

    async def _deliver(self, event: Notice) -> None:
        for pause_s in (*self._address.pauses_s, None):
            problem, again = await self._attempt(event)
            if not problem:
                self._counts["delivered"] += 1
                return
            self._count("failures", event, problem)
            if pause_s is None or not again:
                break
            await asyncio.sleep(pause_s)
        self._count("given_up", event)

    async def _attempt(self, event: Notice) -> tuple[str, bool]:
        """What went wrong, empty if nothing did, and whether it may go better another time."""
        try:
            async with asyncio.timeout(self._address.timeout_s):
                status = await self._post(event)
        except TimeoutError:
            return "timeout", True
        except _FOREIGN as error:
            return type(error).__name__, True
        if 200 <= status < 300:
            return "", False
        return f"status {status}", status >= 500 or status in _AGAIN

    async def _post(self, event: Notice) -> int:
        body = body_of(event, self._address.source)
        headers = signed_headers(self._address.key, event.id, int(time.time()), body)
        timeout = {"timeout": {"connect": self._address.timeout_s}}
        request = httpx.Request(
            "POST", self._address.url, headers={"user-agent": "guard", **headers}, content=body, extensions=timeout
        )
        response = await self._transport.handle_async_request(request)
        incoming(response).close()
        return response.status_code

    def _count(self, what: str, event: Notice, problem: str = "") -> None:
        self._counts[what] += 1
        _log.warning("webhook", state=what, event_id=event.id, subject=subject_of(event), problem=problem)
