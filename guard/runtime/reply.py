"""What the client gets around its answer: the head, a refusal, a failure in the form that the moment still allows."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from guard.errors import ClientStalled, GuardError, RequestError
from guard.ports import AnswerReader, ClientSide, Dialect
from guard.runtime.header import COST_HEADER

JSON: Final = ("content-type", "application/json")
EVENTS: Final = (("content-type", "text/event-stream; charset=utf-8"), ("cache-control", "no-cache"))


class _Blocked(RequestError):
    """The policy blocks the prompt. A verdict; it borrows the form of an error because the API has no other."""

    code = "content_filter"


def unknown_cost() -> int | None:
    """Nobody has said what it costs."""


class HasReader(Protocol):
    """Whatever reads the answer of this exchange."""

    @property
    def reader(self) -> AnswerReader:
        """Its reader."""
        ...


class Reply:
    """The answer to one client. The status is spent with the first byte."""

    def __init__(self, client: ClientSide, dialect: Dialect, exchange: str, write_s: float = 300.0) -> None:
        self._client = client
        self._dialect = dialect
        self._write_s = write_s
        """How long a client may take to take what ends its answer."""
        self.exchange = exchange
        self.decision = "error"
        """What `x-guard-decision` says."""
        self.begun = False
        self.limits: tuple[tuple[str, str], ...] = ()
        """What the caller is told of its tier's limits, in place of what the backend says of its own."""
        self.cost: Callable[[], int | None] = unknown_cost
        """What it came to by now, in nano-dollars; None while that is not known."""
        self.write = client.write
        """Sends some of the body."""

    async def begin(self, status: int, headers: Sequence[tuple[str, str]]) -> None:
        """Sends the head."""
        self.begun = True
        own = (("x-guard-exchange", self.exchange), ("x-guard-decision", self.decision))
        if self.limits:
            headers = [header for header in headers if not header[0].startswith("x-ratelimit-")]
        await self._client.start(status, (*headers, *self.limits, *own))

    async def end(self, data: bytes = b"") -> None:
        """Sends what is left, and ends the body. Raises ClientStalled."""
        try:
            async with asyncio.timeout(self._write_s):
                if data:
                    await self._client.write(data)
                await self._client.finish()
        except TimeoutError:
            raise ClientStalled("The client stopped reading its answer.") from None

    async def body(self, status: int, data: bytes, headers: Sequence[tuple[str, str]] = ()) -> None:
        """Sends a whole JSON answer, with what it cost. Raises ClientStalled."""
        cost = self.cost()
        told = () if cost is None else ((COST_HEADER, str(cost)),)
        await self.begin(status, (JSON, ("content-length", str(len(data))), *headers, *told))
        await self.end(data)

    async def block_prompt(self, types: Sequence[str]) -> None:
        """Says that the prompt is blocked, and by which finding types."""
        error = _Blocked("The policy blocks this prompt because of what it contains; `findings` names the types.")
        await self.body(error.status, self._dialect.refusal(error, self.exchange, types))

    async def fail(self, error: GuardError, source: HasReader | None) -> None:
        """Says that it failed: with a status if there is still one, otherwise in the stream and without an end mark."""
        if self.begun:
            await self.end(source.reader.failed(error, self.exchange) if source is not None else b"")
            return
        later = () if error.retry_after_s is None else (("retry-after", str(error.retry_after_s)),)
        await self.body(error.status, self._dialect.refusal(error, self.exchange), later)
