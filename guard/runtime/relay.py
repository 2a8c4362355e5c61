"""Carries one answer from the backend to the client, through the inspection."""

import asyncio
from collections.abc import Sequence
from typing import Final

from guard.core.command import HaltReason
from guard.core.entry import Status
from guard.core.event import Finished, Lull
from guard.core.frame import Frame
from guard.core.plan import Plan
from guard.core.stream import StreamGuard
from guard.errors import (
    BackendBroken,
    BackendBusy,
    BackendMalformed,
    BackendRefused,
    BackendTimeout,
    ClientStalled,
    EngineError,
    EngineTimeout,
    GuardError,
    HoldExhausted,
    UpstreamError,
)
from guard.ports import AnswerReader, BackendAnswer, Dialect, Engine
from guard.runtime.account import Account
from guard.runtime.header import returned
from guard.runtime.inspection import Inspection
from guard.runtime.reply import EVENTS, Reply

_HALTS: Final = {
    HaltReason.ENGINE_FAILED: EngineError("An engine failed, so the rest of the answer is withheld; try again."),
    HaltReason.ENGINE_TIMEOUT: EngineTimeout(
        "An engine was too slow, so the rest of the answer is withheld; try again."
    ),
    HaltReason.HOLD_EXHAUSTED: HoldExhausted("More text awaited its verdict than the policy's hold_chars allows."),
    HaltReason.MALFORMED: BackendMalformed("The backend wrote on in a text that it had ended."),
}
_OUR_CREDENTIALS: Final = frozenset({401, 403, 407})


class Patience:
    """Bounds each wait of a long answer with one timer: it looks at the clock when time may be up, not before."""

    def __init__(self, deadline: asyncio.Timeout, idle_s: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._deadline = deadline
        self._idle_s = idle_s
        self.since = self._loop.time()
        """When the wait that is under way began."""
        self._timer = self._loop.call_later(idle_s, self._look)

    def stop(self) -> None:
        """The answer is over."""
        self._timer.cancel()

    def _look(self) -> None:
        left = self.since + self._idle_s - self._loop.time()
        if left > 0:
            self._timer = self._loop.call_later(left, self._look)
        else:
            self._deadline.reschedule(self._loop.time())


class Relay:
    """One answer on its way."""

    def __init__(
        self,
        reader: AnswerReader,
        answer: BackendAnswer,
        reply: Reply,
        dialect: Dialect,
        engine: Engine,
        plan: Plan,
        account: Account,
        idle_s: float,
    ) -> None:
        self.reader = reader
        self._answer = answer
        self._reply = reply
        self._inspection = Inspection(plan, engine, dialect.render)
        self._account = account
        self._idle_s = idle_s
        self._failure = False
        self._writing = False

    @property
    def guard(self) -> StreamGuard:
        """The answer's stream machine."""
        return self._inspection.guard

    def close(self) -> None:
        """Gives back the engines' memory."""
        self._inspection.close()

    async def stream(self, lull_s: float) -> None:
        """Relays events until the answer ends, is blocked, or fails. Raises GuardError."""
        await self._reply.begin(200, (*EVENTS, *returned(self._answer.headers)))
        patience: Patience | None = None
        try:
            async with asyncio.timeout(None) as deadline:
                patience = Patience(deadline, self._idle_s)
                # A task of its own, awaited at once: its stack is short, and each chunk wakes every frame of a stack.
                await asyncio.create_task(self._flow(lull_s, patience))
        except TimeoutError:
            raise self._stalled() from None
        finally:
            if patience is not None:
                patience.stop()
        await self._conclude()

    async def whole(self, choices: int) -> None:
        """Relays one JSON body. Raises GuardError."""
        try:
            await self._collect()
        except TimeoutError:
            raise self._stalled() from None
        self._see(self.reader.end())
        body = self._inspection.take()
        if self._inspection.halt is not None:
            body = self._halted(range(choices))
        self._finished()
        self._account.first_byte()
        await self._reply.body(200, body, returned(self._answer.headers))

    async def refusal(self) -> None:
        """Hands on the backend's own error, inspected like an answer; one that can't be is told in our words."""
        status = self._answer.status
        self._account.ends(Status.FAILED, f"backend_{status}")
        if status < 400 or status in _OUR_CREDENTIALS:
            raise BackendRefused(f"The backend answered with status {status}; its operator has to look at it.")
        try:
            await self._collect()
            self._see(self.reader.end())
        except (TimeoutError, UpstreamError):
            if status == BackendBusy.status:
                raise BackendBusy("The backend is busy; try again later.") from None
            raise BackendRefused(f"The backend answered with status {status} and no readable error.") from None
        if self._inspection.halt is not None:
            raise BackendRefused(f"The backend answered with status {status}; its message is withheld.")
        await self._reply.body(status, self._inspection.take(), returned(self._answer.headers))

    async def _flow(self, lull_s: float, patience: Patience) -> None:
        """Once per chunk: whatever is done here is done for every token."""
        now, read, write = asyncio.get_running_loop().time, self._answer.read, self._reply.write
        inspection, guard = self._inspection, self.guard
        data: bytes | None = None
        while inspection.halt is None and data != b"":
            patience.since = now()
            data = await self._read(lull_s) if guard.straddling else await read()
            if data:
                self._see(self.reader.feed(data))
            elif data is None:
                inspection.handle(Lull())
            else:
                self._end()
            if out := inspection.take():
                self._account.first_byte()
                self._writing, patience.since = True, now()
                await write(out)
                self._writing = False

    async def _read(self, lull_s: float) -> bytes | None:
        """The next bytes, None if none come for a moment while safe text waits."""
        try:
            async with asyncio.timeout(lull_s):
                return await self._answer.read()
        except TimeoutError:
            return None

    async def _collect(self) -> None:
        while True:
            async with asyncio.timeout(self._idle_s):
                data = await self._answer.read()
            if not data:
                return
            self.reader.feed(data)

    def _see(self, frames: Sequence[Frame]) -> None:
        for frame in frames:
            if frame.failure:
                self._failure = True
            self._inspection.see(frame)
            if self._inspection.halt is not None:
                self._answer.close()
                return

    def _end(self) -> None:
        try:
            self._see(self.reader.end())
        except BackendBroken:
            # After an error of its own a backend owes no end mark.
            if not self._failure:
                raise
        self._inspection.handle(Finished(complete=not self._failure))

    async def _conclude(self) -> None:
        last = b"" if self._inspection.halt is None else self._halted(self.guard.choices)
        self._finished()
        await self._reply.end(last)

    def _halted(self, choices: Sequence[int]) -> bytes:
        """What ends a halted answer. Raises the error that a halt means, unless it is a verdict."""
        reason = self._inspection.halt
        if reason is not HaltReason.BLOCKED and reason is not None:
            raise _error(reason)
        types = dict.fromkeys(finding.type for finding in self.guard.findings)
        return self.reader.halted(choices, self._reply.exchange, tuple(types), self._account.usage(self.guard))

    def _finished(self) -> None:
        if self._inspection.halt is HaltReason.BLOCKED:
            self._account.ends(Status.BLOCKED, "content_filter")
            self._account.decision = "block"
        elif self._failure:
            self._account.ends(Status.FAILED, "backend_error")
        else:
            self._account.ends(Status.COMPLETED)
            self._account.decide(self.guard.strongest)

    def _stalled(self) -> GuardError:
        if self._writing:
            return ClientStalled("The client stopped reading its answer.")
        return BackendTimeout("The backend fell silent in the middle of its answer; try again later.")


def _error(reason: HaltReason) -> GuardError:
    known = _HALTS[reason]
    return type(known)(known.message)
