"""The stream machine: one per exchange and direction; events in, commands out, in the manner of h11.

It keeps text in order, lets nothing leave before every engine has its verdict, turns findings into edits by the plan,
and ends the answer when the plan says so. It can't see bytes, patterns or clocks: the dialect reads frames for it, the
engines inspect for it, and its driver performs its commands.
"""

from collections.abc import Iterable, Sequence

from guard.core.action import Action
from guard.core.channel import Channel
from guard.core.command import Command, Halt, HaltReason, Inspect, PauseUpstream, Release, ResumeUpstream, Settle
from guard.core.event import (
    ClientGone,
    DeadlinePassed,
    EngineStatus,
    Event,
    Finished,
    FrameSeen,
    Inspected,
    Judged,
    Lull,
    StageFailed,
)
from guard.core.finding import Finding
from guard.core.frame import Frame
from guard.core.held import HeldFrame
from guard.core.hold import ChannelHold
from guard.core.plan import FailureMode, Plan
from guard.core.running import RunningUsage
from guard.core.stretch import Write, mask
from guard.core.tally import Tally
from guard.core.taxonomy import PSEUDONYM
from guard.core.usage import Usage
from guard.core.written import Share, Written


class StreamGuard:
    """Guards one answer (or one prompt).

    Invariants: each channel's text leaves in order and once; nothing leaves before its verdict, inside a finding, or
    inside what may still become one; after `Halt` nothing is released; exactly one `Settle`.
    """

    def __init__(self, plan: Plan, write: Write = mask, restores: bool = False, written: Written | None = None) -> None:
        """`write` says what replaces text; `restores`: pseudonyms among it too. `written` counts what comes."""
        self._plan = plan
        self._write = write
        self._restores = restores
        self._engines = {name: plan.ahead_chars if name in plan.deferred else 0 for name in plan.engines}
        """The engines that are waited for, and how far text may run ahead of each."""
        self._holds: dict[Channel, ChannelHold] = {}
        self._finished: set[int] = set()
        """Choices that the backend has ended."""
        self._ended: set[int] = set()
        """Choices whose end the client has seen."""
        self.complete = False
        """Whether the client has been handed all of the answer, its end mark included."""
        self._paused = False
        self._over = False
        self._settled = False
        self._told = (0, 0)
        self.written = Written() if written is None else written
        """What the backend wrote, by class."""
        self._running = RunningUsage()
        self.usage: Usage | None = None
        """What the backend has reported by now."""
        self.deltas = 0
        """Texts that the backend sent, one for each slot."""
        self._types: dict[str, Finding] = {}
        self.strongest = Action.ALLOW
        """The strongest action that was taken."""
        self.tally = Tally()
        """All that was found, also what the plan allows."""

    def handle(self, event: Event) -> Sequence[Command]:
        """Takes an event and answers with what is to be done, in order."""
        if isinstance(event, Judged):
            return self.judged(event.frame, event.verdict)
        if isinstance(event, Inspected):
            return self._inspected(event)
        if isinstance(event, FrameSeen):
            return self._frame(event.frame)
        return self._rare(event)

    @property
    def findings(self) -> Sequence[Finding]:
        """The first finding of each type that was not allowed, in the order in which they were told."""
        return tuple(self._types.values())

    @property
    def choices(self) -> Sequence[int]:
        """The choices that have begun and whose end the client has not seen, in order."""
        begun = {channel.choice for channel in self._holds if channel.choice >= 0}
        return sorted((begun or {0}) - self._ended)

    @property
    def begun(self) -> int:
        """How many choices have begun."""
        return len({channel.choice for channel in self._holds if channel.choice >= 0})

    @property
    def generated_chars(self) -> int:
        """Characters of the answer that the backend wrote."""
        return self.written.chars

    @property
    def withheld_chars(self) -> int:
        """Characters of the answer that the backend wrote and the client did not get."""
        return sum(hold.received - hold.delivered for hold in self._holds.values() if hold.script.counts)

    def withheld_of(self, share: Share) -> int:
        """The same of one class of text."""
        return sum(hold.received - hold.delivered for hold in self._holds.values() if hold.script.share is share)

    @property
    def untold(self) -> tuple[int, int]:
        """Characters and pieces that the backend wrote after it reported usage last; all of them if it never did."""
        return self.written.chars - self._told[0], self.written.pieces - self._told[1]

    @property
    def straddling(self) -> bool:
        """Whether a `Lull` would free something: safe words that wait for the rest of their frame, or a block."""
        for hold in self._holds.values():  # noqa: SIM110 - once per chunk: any() costs twice as much
            if hold.queue and (hold.straddles or hold.walled):
                return True
        return False

    def _frame(self, frame: Frame) -> Sequence[Command]:
        if self._over:
            return ()
        held = HeldFrame(frame)
        commands: list[Command] = []
        for slot in frame.slots:
            hold = self._hold(slot.channel)
            if hold.closed or slot.channel.choice in self._finished:
                return self._halt(HaltReason.MALFORMED)
            if hold.held > self._plan.hold_chars:
                self._pause(commands)
            if not hold.doomed:
                commands.append(Inspect(slot.channel, hold.received, slot.text))
            held.parts.append(hold.append(slot.text))
            hold.enqueue(held)
            hold.script.add(slot.text)
            self.deltas += 1
        if frame.usage is not None:
            self.usage, self._told = self._running.take(frame), (self.written.chars, self.written.pieces)
        if frame.closes or frame.finishes or frame.last:
            self._close(held, commands)
        elif frame.usage is not None and not frame.slots:
            self._follow(held)
        if not held.parts and not held.barriers:
            self._ended.update(frame.finishes)
            self.complete = self.complete or frame.last
            commands.append(Release(frame))
        return commands if self._engines else self._unseen(held)

    def judged(self, frame: Frame, verdict: Inspected) -> Sequence[Command]:
        """Handles `Judged`, once per chunk: takes a frame of one text together with the verdict on it."""
        if self._over:
            return ()
        slot = frame.slots[0]
        hold = self._hold(slot.channel)
        if hold.closed or slot.channel.choice in self._finished:
            return self._halt(HaltReason.MALFORMED)
        self.deltas += 1
        hold.script.add(slot.text)
        room = self._plan.hold_chars - hold.waits
        if hold.calm and not (verdict.findings or self._paused) and len(slot.text) <= room:
            return tuple(map(Release, hold.flow(frame, slot.text, verdict.engine, verdict.upto)))
        hold.enqueue(HeldFrame(frame, hold.append(slot.text)))
        return self._inspected(verdict)

    def _unseen(self, held: HeldFrame) -> Sequence[Command]:
        """Every engine is lost, and the plan says to go on without them."""
        for hold in held.holds():
            hold.advance()
        return self._drain(held.holds()) if held.parts or held.barriers else (Release(held.frame),)

    def _close(self, held: HeldFrame, commands: list[Command]) -> None:
        """Ends the channels that the frame ends; it does not overtake what those channels still hold.

        An end mark must not, nor a tool call's arguments its name: some clients take the first piece for the head.
        """
        frame = held.frame
        ending = list(self._holds.values()) if frame.last else [h for h in self._holds.values() if h.ends_with(frame)]
        for hold in ending:
            if not hold.closed:
                hold.catch_up()
                if hold.unfinished and not hold.doomed:
                    commands.append(Inspect(hold.channel, hold.received, "", final=True))
            hold.closed = True
            if hold.unfinished:
                held.barriers.append(hold)
                hold.enqueue(held)
        self._finished.update(frame.finishes)

    def _follow(self, held: HeldFrame) -> None:
        """Counts that come behind an end mark stay behind it."""
        for hold in self._holds.values():
            if hold.closed and hold.queue:
                held.barriers.append(hold)
                hold.enqueue(held)

    def _inspected(self, event: Inspected) -> Sequence[Command]:
        hold = self._holds.get(event.channel)
        if self._over or hold is None:
            return ()
        before = hold.safe
        hold.judge(event.engine, event.upto, self._redactions(hold, event.findings) if event.findings else ())
        if hold.wall is not None and hold.judged >= hold.wall:
            return self._block(hold)
        if hold.safe == before < hold.received and not self._paused and hold.waits < self._plan.hold_chars:
            return ()
        commands: list[Command] = [*map(Release, hold.let_go())] if hold.calm else self._drain((hold,))
        if hold.queue and hold.waits > self._plan.hold_chars and hold.held > self._plan.hold_chars:
            self._pause(commands)
        elif self._paused:
            self._resume(commands)
        return commands

    def _redactions(self, hold: ChannelHold, findings: Sequence[Finding]) -> tuple[Finding, ...]:
        """Notes what was found, and answers with what of it the plan wants redacted."""
        redact: list[Finding] = []
        for finding in findings:
            if finding.type == PSEUDONYM:
                redact += [finding] * self._restores
                continue
            self.tally.add(finding, hold.channel.field)
            action = self._record(finding)
            if action is Action.REDACT:
                redact.append(finding)
            elif action is Action.BLOCK:
                hold.wall = finding.start if hold.wall is None else min(hold.wall, finding.start)
        return tuple(redact)

    def _record(self, finding: Finding) -> Action:
        action = self._plan.action(finding)
        if action is not Action.ALLOW:
            self._types.setdefault(finding.type, finding)
            self.strongest = max(self.strongest, action)
        return action

    def _drain(self, holds: Iterable[ChannelHold]) -> list[Command]:
        """Releases the frames that are ready, from these channels and those that their frames set free."""
        out: list[Command] = []
        work = list(holds)
        while work:
            hold = work.pop()
            queue = hold.queue
            while queue and queue[0].ready:
                held = queue[0]
                out.append(Release(held.frame, held.leave()))
                if held.frame.finishes:
                    self._ended.update(held.frame.finishes)
                self.complete = self.complete or held.frame.last
                if len(held.parts) + len(held.barriers) > 1:
                    work.extend(held.holds())
                if hold.closed or len(held.parts) > 1:
                    self._forget(held.holds())
        return out

    def _forget(self, holds: Iterable[ChannelHold]) -> None:
        """Drops texts outside the choices that ended and left: they come and go for as long as a stream lasts."""
        for hold in holds:
            if hold.closed and hold.channel.choice < 0 and not hold.queue:
                self._holds.pop(hold.channel, None)

    def _block(self, hold: ChannelHold) -> Sequence[Command]:
        """Everything before the wall may still leave, so that the cut of the chunks makes no difference."""
        hold.stop_at_wall()
        commands = self._drain((hold,))
        if hold.splits:
            self._split(hold, commands)
        return [*commands, *self._halt(HaltReason.BLOCKED)]

    def _split(self, hold: ChannelHold, commands: list[Command]) -> None:
        """Sends the safe part at the head of the channel ahead of the rest of its frame."""
        held = hold.queue[0]
        hold.tangled += held.lone
        held.touched, held.lone = True, False
        commands.append(Release(held.frame, (held.parts[0].take(hold.safe),)))

    def _rare(self, event: Event) -> Sequence[Command]:
        if isinstance(event, Finished | ClientGone):
            return self._end(event)
        if self._over:
            return ()
        if isinstance(event, Lull):
            commands: list[Command] = []
            for hold in self._holds.values():
                if hold.straddles:
                    self._split(hold, commands)
                if hold.walled:
                    # What is blocked ends the answer now, not when an engine has seen the words that it waits for.
                    hold.doomed = True
                    commands.append(Inspect(hold.channel, hold.received, "", final=True))
            return commands
        if isinstance(event, StageFailed):
            return self._fail(event.engine, event.status)
        return self._overflow() if isinstance(event, DeadlinePassed) and self._paused else ()

    def _fail(self, engine: str, status: EngineStatus) -> Sequence[Command]:
        """An engine is lost: end the answer, or wait for it no longer."""
        if self._plan.on_failure is FailureMode.BLOCK:
            timed_out = status is EngineStatus.TIMEOUT
            return self._halt(HaltReason.ENGINE_TIMEOUT if timed_out else HaltReason.ENGINE_FAILED)
        if engine not in self._engines:
            return ()
        self._engines = {name: ahead for name, ahead in self._engines.items() if name != engine}
        holds = list(self._holds.values())
        for hold in holds:
            hold.forgo(engine)
        return self._let_go(holds)

    def _overflow(self) -> Sequence[Command]:
        """No verdict came in time for a full hold: end the answer, or let what waits leave unseen."""
        if self._plan.on_failure is FailureMode.BLOCK:
            return self._halt(HaltReason.HOLD_EXHAUSTED)
        full = dict.fromkeys(hold for hold in self._holds.values() if hold.held > self._plan.hold_chars)
        work = list(full)
        while work:
            hold = work.pop()
            hold.give_way()
            # A frame of several channels leaves when all of them let it go.
            beside = [other for held in hold.queue for other in held.holds() if other not in full]
            full.update(dict.fromkeys(beside))
            work.extend(beside)
        return self._let_go(full)

    def _let_go(self, holds: Iterable[ChannelHold]) -> Sequence[Command]:
        """Releases what needs to wait no longer; what is known to block still does."""
        for hold in holds:
            if hold.wall is not None and hold.judged >= hold.wall:
                return self._block(hold)
        commands = self._drain(holds)
        if self._paused:
            self._resume(commands)
        return commands

    def _end(self, event: Finished | ClientGone) -> Sequence[Command]:
        left = isinstance(event, Finished) and event.complete and any(h.queue for h in self._holds.values())
        if left and not self._over:
            return self._halt(HaltReason.ENGINE_TIMEOUT)
        self._over = True
        return self._settle()

    def _halt(self, reason: HaltReason) -> Sequence[Command]:
        self._over = True
        return [Halt(reason), *self._settle()]

    def _settle(self) -> Sequence[Command]:
        if self._settled:
            return ()
        self._settled = True
        return (Settle(),)

    def _hold(self, channel: Channel) -> ChannelHold:
        hold = self._holds.get(channel)
        if hold is None:
            script = self.written.open(channel)
            hold = self._holds[channel] = ChannelHold(
                channel, self._engines, self._plan, self._write, script, remembers=self._restores
            )
        return hold

    def _resume(self, commands: list[Command]) -> None:
        if all(hold.held <= self._plan.hold_chars for hold in self._holds.values()):
            self._paused = False
            commands.append(ResumeUpstream())

    def _pause(self, commands: list[Command]) -> None:
        if not self._paused:
            self._paused = True
            commands.append(PauseUpstream())
