"""Runs a stream machine's commands against the engines: inspects, collects what is released, notes the halt.

Inline engines answer at once; deferred ones tell their verdicts later, and `told` says that there is news. It performs
no I/O; the relay does. One per direction of an exchange; close it, since engines hold native memory.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec

from guard.core.channel import Channel
from guard.core.command import Command, Halt, HaltReason, Inspect, PauseUpstream, Release, ResumeUpstream
from guard.core.event import DeadlinePassed, EngineStatus, Event, FrameSeen, Inspected, StageFailed
from guard.core.frame import Frame
from guard.core.plan import Plan
from guard.core.stream import StreamGuard
from guard.core.stretch import mask
from guard.core.written import Written
from guard.errors import EngineBusy, EngineError, EngineTimeout
from guard.ports import ChannelEngine, DeferredChannel, DeferredEngine, Engine, Vault
from guard.runtime.consult import Consult
from guard.runtime.tool.gate import CallGate

Render = Callable[[Frame, Sequence[str] | None], bytes]
_MOST_LATER: Final = 512
"""Channels of one answer that a deferred engine may have open: its places are everybody's."""


class Engines(msgspec.Struct, frozen=True):
    """Who inspects a text: engines that answer at once, the quickest first, and those that answer later."""

    inline: tuple[Engine, ...]
    deferred: tuple[DeferredEngine, ...] = ()

    def counting(self, plan: Plan) -> "Engines":
        """Without those that answer later and find nothing that counts."""
        return Engines(self.inline, tuple(engine for engine in self.deferred if engine.concerns(plan)))

    def of(self, plan: Plan) -> Plan:
        """The plan with these engines to wait for."""
        names = (*(engine.name for engine in self.inline), *(engine.name for engine in self.deferred))
        outrun = tuple(engine.name for engine in self.deferred if engine.outrun)
        return msgspec.structs.replace(plan, engines=names, deferred=outrun)


class _Memory:
    """What the engines remember of one channel."""

    __slots__ = ("deferred", "first", "rest")

    def __init__(self, inline: Sequence[ChannelEngine], deferred: Sequence[tuple[str, DeferredChannel]]) -> None:
        self.first, *self.rest = inline
        self.deferred = deferred
        """By the engine's name."""

    def close_inline(self) -> None:
        self.first.close()
        for memory in self.rest:
            memory.close()


def _nobody() -> None:
    """Nobody waits for news."""


class Inspection:
    """A guarded text on its way: feed it events, take the bytes that may leave."""

    def __init__(
        self,
        plan: Plan,
        engines: Engines,
        render: Render,
        vault: Vault | None = None,
        consult: Consult | None = None,
        gate: CallGate | None = None,
        written: Written | None = None,
    ) -> None:
        """`consult`: who asks the policy about findings, if it has something to say about answers.

        `gate`: where tool calls wait for the policy's word, if it has something to say about them. `written`: what is
        to count the text.
        """
        write, restores = (mask, False) if vault is None else (vault.show, not vault.empty)
        self.guard = StreamGuard(engines.counting(plan).of(plan), write, restores, written)
        self.halt: HaltReason | None = None
        """Why nothing more will be released, once that is so."""
        self.paused = False
        """Whether more has been received than may be held, so that nothing more should be read."""
        self.told: Callable[[], None] = _nobody
        """Called when a deferred engine has said something."""
        self._engines = engines.counting(plan)
        self._consult = consult
        self._memories: dict[Channel, _Memory] = {}
        self._ending: dict[Channel, Sequence[DeferredChannel]] = {}
        """Deferred engines' memories of channels that are over and have a verdict under way."""
        self._tokens = 0
        """What deferred engines' models read of channels that are over."""
        self._lost: set[str] = set()
        self._detour = consult is not None
        """Whether the short way of most chunks is closed: the policy is asked, or an engine is lost."""
        self._render = render
        self._out: list[bytes] = []
        self._gate = gate
        if gate is not None:
            gate.lead(self)

    @property
    def waits(self) -> bool:
        """Whether a verdict is under way: a deferred engine's, or the policy's word on a tool call."""
        return self.asking or self._verdict_waits

    @property
    def _verdict_waits(self) -> bool:
        """Whether a verdict is under way that could free held text."""
        if self._consult is not None and self._consult.waits:
            return True
        for memory in self._memories.values():
            for _, later in memory.deferred:
                if later.waiting:
                    return True
        return any(later.waiting for ending in self._ending.values() for later in ending)

    @property
    def asking(self) -> bool:
        """Whether the policy's word on a tool call is under way. After a block it is still waited for, else not."""
        gate = self._gate
        return gate is not None and self.halt in (None, HaltReason.BLOCKED) and gate.waits

    @property
    def complete(self) -> bool:
        """Whether the client has been handed all of the answer, its end mark included."""
        return self.guard.complete and (self._gate is None or not self._gate.holds)

    @property
    def withheld_chars(self) -> int:
        """Characters that the backend wrote and the client did not get."""
        return self.guard.withheld_chars + (0 if self._gate is None else self._gate.kept_chars)

    @property
    def tokens(self) -> int:
        """What deferred engines' models have been given to read."""
        running = [later for memory in self._memories.values() for _, later in memory.deferred]
        running += [later for ending in self._ending.values() for later in ending]
        return self._tokens + sum(later.tokens for later in running)

    @property
    def deferred(self) -> bool:
        """Whether verdicts come later at all."""
        return bool(self._engines.deferred) or self._consult is not None

    def see(self, frame: Frame) -> None:
        """Takes a frame of the backend's: the short way if it is one text and no more, in a channel that is open."""
        slots = frame.slots
        if len(slots) == 1 and not (self._detour or frame.closes or frame.finishes or frame.last or frame.usage):
            slot = slots[0]
            memory = self._memories.get(slot.channel)
            if memory is not None:
                try:
                    verdict = memory.first.feed(slot.text, False)
                except EngineError as error:
                    self._lose(self._engines.inline[0].name, error)
                else:
                    if verdict.findings:
                        self._note(verdict)
                    self._perform(self.guard.judged(frame, verdict))
                    if memory.rest or memory.deferred:
                        self._feed_rest(memory, slot.text, False)
                    if self.paused:
                        self._give_up_waiting()
                    return
        self._perform(self.guard.handle(FrameSeen(frame)))
        self._give_up_waiting()

    def handle(self, event: Event) -> None:
        """Tells the machine, and does what it asks for."""
        self._perform(self.guard.handle(event))

    @property
    def released(self) -> bool:
        """Whether there is something to take."""
        return bool(self._out)

    def take(self) -> bytes:
        """What has been released since the last call."""
        out, self._out = self._out, []
        return out[0] if len(out) == 1 else b"".join(out)

    def hand_on(self, data: bytes) -> None:
        """See `GateSide`."""
        self._out.append(data)

    def end(self, reason: HaltReason) -> None:
        """See `GateSide`. What ended the answer first stands."""
        self.halt = self.halt or reason

    def tell(self) -> None:
        """See `GateSide`."""
        self.told()

    def close(self) -> None:
        """Gives back the engines' memory, and lets go of whom it tells."""
        if self._gate is not None:
            self._gate.close()
        self.told = _nobody
        self._tokens = self.tokens
        for memory in self._memories.values():
            memory.close_inline()
            for _, later in memory.deferred:
                later.close()
        for ending in self._ending.values():
            for later in ending:
                later.close()
        if self._consult is not None:
            self._consult.close()
        self._memories.clear()
        self._ending.clear()

    def _perform(self, commands: Iterable[Command]) -> None:
        for command in commands:
            if isinstance(command, Release):  # nearly every one
                if self.halt is None:
                    self._release(command.frame, command.texts)
            elif isinstance(command, Inspect):
                self._inspect(command)
            elif isinstance(command, Halt):
                self._halt(command.reason)
            elif isinstance(command, PauseUpstream):
                self.paused = True
            elif isinstance(command, ResumeUpstream):
                self.paused = False

    def _release(self, frame: Frame, texts: Sequence[str] | None) -> None:
        data = self._render(frame, texts)
        if self._gate is None:
            self._out.append(data)
        else:
            self._gate.take(frame, texts, data)

    def _judge(self, verdict: Inspected) -> None:
        """Hands a verdict to the machine, when the policy has said what it makes of its findings."""
        self._note(verdict)
        settled = verdict if self._consult is None else self._consult.take(verdict, self._hear_of, self._hear_nothing)
        if settled is not None:
            self._perform(self.guard.handle(settled))

    def _hear_of(self, verdict: Inspected) -> None:
        """A verdict that may have waited for the policy goes to the machine."""
        self._perform(self.guard.handle(verdict))
        self.told()

    def _halt(self, reason: HaltReason) -> None:
        """The answer ends. By a verdict: what the machine had released before it still leaves."""
        if self._gate is not None and reason is HaltReason.BLOCKED and self.halt is None:
            self._gate.stop()
        self.halt = reason

    def _note(self, verdict: Inspected) -> None:
        if self._gate is not None and verdict.findings:
            self._gate.note(verdict.channel, verdict.findings)

    def _hear_nothing(self, engine: str, error: EngineError) -> None:
        """The policy gives no word on a finding."""
        self._lose(engine, error)
        self.told()

    def _give_up_waiting(self) -> None:
        """On a full hold: no verdict that is still under way could free it, so its deadline has passed."""
        if self.paused and not self._verdict_waits:
            self.handle(DeadlinePassed())

    def _inspect(self, command: Inspect) -> None:
        memory = self._memories.get(command.channel)
        if memory is None:
            memory = self._memories[command.channel] = self._open(command.channel)
        if command.final:
            del self._memories[command.channel]
            if memory.deferred:
                self._ending[command.channel] = [later for _, later in memory.deferred]
        try:
            verdict = memory.first.feed(command.text, command.final)
        except EngineError as error:
            self._lose(self._engines.inline[0].name, error)
        else:
            self._judge(verdict)
        self._feed_rest(memory, command.text, command.final)
        if command.final:
            memory.close_inline()

    def _open(self, channel: Channel) -> _Memory:
        inline = [engine.open(channel) for engine in self._engines.inline]
        deferred = []
        for engine in self._engines.deferred:
            if engine.name in self._lost:
                continue
            try:
                if len(self._memories) >= _MOST_LATER:
                    raise EngineBusy("An answer consists of more texts at once than an engine takes of one.")
                deferred.append((engine.name, engine.open(channel, self._hear)))
            except EngineError as error:
                self._lose(engine.name, error)
        return _Memory(inline, deferred)

    def _feed_rest(self, memory: _Memory, text: str, final: bool) -> None:
        """Gives a text to every engine but the first inline one."""
        for engine, inline in zip(self._engines.inline[1:], memory.rest, strict=True) if memory.rest else ():
            try:
                verdict = inline.feed(text, final)
            except EngineError as error:
                self._lose(engine.name, error)
            else:
                self._judge(verdict)
        for name, later in memory.deferred:
            try:
                later.feed(text, final)
            except EngineError as error:
                later.close()
                self._tokens += later.tokens
                memory.deferred = [one for one in memory.deferred if one[1] is not later]
                self._lose(name, error)

    def _hear(self, verdict: Inspected | StageFailed) -> None:
        """A deferred engine says something. A fault here ends the answer: nobody above would learn of it."""
        understood = False
        try:
            self._take_verdict(verdict)
            understood = True
        finally:
            if not understood and self.halt is None:
                self.halt = HaltReason.ENGINE_FAILED
            self.told()

    def _take_verdict(self, verdict: Inspected | StageFailed) -> None:
        if isinstance(verdict, StageFailed):
            self._forget(verdict.engine)
        if isinstance(verdict, Inspected):
            self._judge(verdict)
        else:
            self._perform(self.guard.handle(verdict))
        if self._ending and isinstance(verdict, Inspected):
            ending = self._ending.get(verdict.channel)
            if ending is not None and not any(later.waiting for later in ending):
                del self._ending[verdict.channel]
                self._tokens += sum(later.tokens for later in ending)
        if self.paused:
            self._give_up_waiting()

    def _forget(self, engine: str) -> None:
        self._lost.add(engine)
        self._detour = True

    def _lose(self, engine: str, error: EngineError) -> None:
        timed_out = isinstance(error, EngineTimeout)
        self._forget(engine)
        self.handle(StageFailed(engine, EngineStatus.TIMEOUT if timed_out else EngineStatus.ERROR))
