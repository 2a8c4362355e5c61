"""Carries one answer from the backend to the client, through the inspection."""

import asyncio
from collections.abc import Sequence
from typing import Final

from guard.core.action import Action
from guard.core.command import HaltReason
from guard.core.cut import CutNote
from guard.core.entry import Status
from guard.core.frame import Frame
from guard.core.plan import Plan
from guard.core.stream import StreamGuard
from guard.core.tool_call import Amendment
from guard.core.tool_gate import ToolGate
from guard.errors import (
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
from guard.ports import AnswerReader, BackendAnswer, Dialect, Vault
from guard.runtime.account import Account
from guard.runtime.answer_limit import AnswerLimit
from guard.runtime.consult import Consult
from guard.runtime.flow import Flow
from guard.runtime.header import returned
from guard.runtime.inspection import Engines, Inspection
from guard.runtime.intake import Intake
from guard.runtime.pace import Pace
from guard.runtime.patience import Patience
from guard.runtime.reply import EVENTS, Reply
from guard.runtime.tool.desk import ToolDesk
from guard.runtime.tool.gate import CallGate

_HALTS: Final = {
    HaltReason.ENGINE_FAILED: EngineError("An engine failed, so the rest of the answer is withheld; try again."),
    HaltReason.ENGINE_TIMEOUT: EngineTimeout(
        "An engine was too slow, so the rest of the answer is withheld; try again."
    ),
    HaltReason.HOLD_EXHAUSTED: HoldExhausted(
        "More text awaited its verdict than the policy's hold_chars allows, or tool calls more than tool_hold_chars."
    ),
    HaltReason.MALFORMED: BackendMalformed(
        "The backend wrote on in a text that it had ended, or sent something in a tool call's place that is none."
    ),
}
_OUR_CREDENTIALS: Final = frozenset({401, 403, 407})


class Relay:
    """One answer on its way."""

    def __init__(
        self,
        reader: AnswerReader,
        answer: BackendAnswer,
        reply: Reply,
        dialect: Dialect,
        engines: Engines,
        plan: Plan,
        account: Account,
        idle_s: float,
        vault: Vault,
        pace: Pace,
        consult: Consult | None = None,
        desk: ToolDesk | None = None,
        limit: AnswerLimit | None = None,
        billed: bool = False,
    ) -> None:
        """`desk`: who rules on tool calls; without it they pass like other text. `limit`: how much a stream may be.

        `billed`: whether a stream's client is told before its end mark what it came to.
        """
        self.reader = reader
        self._answer = answer
        self._reply = reply
        self._desk = desk
        self._consult = consult
        gate = None if desk is None else CallGate(ToolGate(plan), desk, self._amend)
        self._plain = dialect.render
        self._billed = billed
        self._end_mark = b""
        """Where the client is told what it came to: the end mark, which waits for that."""
        render = self._all_but_end if billed else dialect.render
        self._inspection = Inspection(plan, engines, render, vault, consult, gate, account.written)
        self._limit = limit
        self._intake = Intake(reader, answer, self._inspection, account.note, limit, self._cut)
        self._account = account
        self._idle_s = idle_s
        self._pace = pace
        self._is_mark = dialect.is_mark

    @property
    def guard(self) -> StreamGuard:
        """The answer's stream machine."""
        return self._inspection.guard

    @property
    def complete(self) -> bool:
        """Whether the client has all of the answer."""
        return self._inspection.complete

    @property
    def withheld_chars(self) -> int:
        """Characters that the backend wrote and the client did not get."""
        return self._inspection.withheld_chars

    def close(self) -> None:
        """Gives back the engines' memory."""
        self._intake.close()
        self._inspection.close()
        self._account.guard_tokens += self._inspection.tokens
        if self._desk is not None:
            self._account.types.update(dict.fromkeys(self._desk.types))
            self._account.waited_s += self._desk.waited_s
            self._account.label(self._desk.labels)
        if self._consult is not None:
            self._account.label(self._consult.labels)

    async def stream(self, lull_s: float) -> None:
        """Relays events until the answer ends, is blocked, or fails. Raises GuardError."""
        await self._reply.begin(200, (*EVENTS, *self._returned()))
        patience: Patience | None = None
        try:
            async with asyncio.timeout(None) as deadline:
                patience = Patience(deadline, self._idle_s)
                sinks = self._write, patience, lull_s, self._pace, self._pulse
                flow = Flow(self._answer, self._intake, self._inspection, *sinks)
                # A task of its own, awaited at once: its stack is short, and each chunk wakes every frame of a stack.
                await asyncio.create_task(flow.run())
        except TimeoutError:
            raise self._stalled(patience is not None and patience.writing) from None
        finally:
            if patience is not None:
                patience.stop()
        await self._conclude()

    async def whole(self, choices: int) -> None:
        """Relays one JSON body. Raises GuardError."""
        try:
            await self._collect()
            await self._judge()
        except TimeoutError:
            raise self._stalled(writing=False) from None
        body = self._inspection.take()
        await self._account.count(self.guard)  # The client is told what the ledger will say.
        if self._inspection.halt is not None:
            body = self._halted(range(choices))
        self.finished()
        self._account.first_byte()
        await self._reply.body(200, body, self._returned())

    async def refusal(self) -> None:
        """Hands on the backend's own error, inspected like an answer; one that can't be is told in our words."""
        status = self._answer.status
        self._account.ends(Status.FAILED, f"backend_{status}")
        if status < 400 or status in _OUR_CREDENTIALS:
            raise BackendRefused(f"The backend answered with status {status}; its operator has to look at it.")
        try:
            await self._collect()
            await self._judge()
        except (TimeoutError, UpstreamError):
            if status == BackendBusy.status:
                raise BackendBusy("The backend is busy; try again later.") from None
            raise BackendRefused(f"The backend answered with status {status} and no readable error.") from None
        if self._inspection.halt is not None:
            raise BackendRefused(f"The backend answered with status {status}; its message is withheld.")
        await self._reply.body(status, self._inspection.take(), self._returned())

    async def _write(self, data: bytes) -> None:
        self._account.first_byte()
        await self._reply.write(data)

    async def _pulse(self) -> None:
        """No byte of the answer."""
        await self._reply.write(self.reader.pulse())

    def _amend(self, raw: bytes, amendments: Sequence[Amendment]) -> bytes:
        return self.reader.amend(raw, amendments, self._reply.exchange)

    async def _collect(self) -> None:
        while True:
            async with asyncio.timeout(self._idle_s):
                data = await self._answer.read()
            if not data:
                return
            self._account.unread += len(data)
            self.reader.feed(data)

    async def _judge(self) -> None:
        """Lets a whole body be inspected, and waits for the verdicts that come later."""
        news = asyncio.Event()
        self._inspection.told = news.set
        self._intake.end()
        self._account.unread = 0
        while self._inspection.waits and (self._inspection.halt is None or self._inspection.asking):
            news.clear()
            # What a person is asked has a bound of its own.
            async with asyncio.timeout(None if self._inspection.asking else self._idle_s):
                await news.wait()
        self._intake.finish()

    async def _conclude(self) -> None:
        if self._inspection.halt is not None:
            await self._account.count(self.guard)  # The client is told what the ledger will say.
            last = self._halted(self.guard.choices)
        else:
            last = self._end_mark and await self._billed_end()
        self.finished()
        await self._reply.end(last)

    def _halted(self, choices: Sequence[int]) -> bytes:
        """What ends a halted answer. Raises the error that a halt means, unless it is a verdict."""
        reason = self._inspection.halt
        if reason is not HaltReason.BLOCKED and reason is not None:
            raise _error(reason)
        types = dict.fromkeys(finding.type for finding in self.guard.findings)
        return self.reader.halted(
            choices, self._reply.exchange, tuple(types), self._account.usage(self.guard), self._bill()
        )

    def _all_but_end(self, frame: Frame, texts: Sequence[str] | None) -> bytes:
        data = self._plain(frame, texts)
        if not frame.last:
            return data
        self._end_mark = data
        return b""

    async def _billed_end(self) -> bytes:
        await self._account.count(self.guard)
        return self._bill() + self._end_mark

    def _bill(self) -> bytes:
        return self.reader.bill(self._account.bill(self.guard, self.withheld_chars)) if self._billed else b""

    def _cut(self, limit: AnswerLimit) -> Sequence[Frame]:
        """What ends an answer at its limit. It is not charged for what a backend writes beyond what it was told."""
        self._account.cut_at(limit.used, told=limit.told)
        note = CutNote(self._reply.exchange, limit.reason, limit.budget)
        return self.reader.cut(limit.choices, note, self._account.usage(self.guard))

    def finished(self) -> None:
        """Notes how the answer ended."""
        if self._inspection.halt is HaltReason.BLOCKED:
            self._account.ends(Status.BLOCKED, "content_filter")
            self._account.decision = "block"
        elif self._intake.failure:
            self._account.ends(Status.FAILED, "backend_error")
        else:
            cut_by = self._limit.reason if self._limit is not None and self._intake.cut else ""
            self._account.ends(Status.COMPLETED, cut_by)
            self._account.decide(
                max(self.guard.strongest, Action.ALLOW if self._desk is None else self._desk.strongest)
            )

    def _returned(self) -> tuple[tuple[str, str], ...]:
        return returned(self._answer.headers, self._is_mark)

    def _stalled(self, writing: bool) -> GuardError:
        if writing:
            return ClientStalled("The client stopped reading its answer.")
        if self._inspection.waits:
            return _error(HaltReason.ENGINE_TIMEOUT)
        return BackendTimeout("The backend fell silent in the middle of its answer; try again later.")


def _error(reason: HaltReason) -> GuardError:
    known = _HALTS[reason]
    return type(known)(known.message)
