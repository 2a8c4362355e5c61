"""Runs a stream machine's commands against inline engines: inspects, collects what is released, notes the halt.

It performs no I/O; the pump does. One per direction of an exchange; close it, since engines hold native memory.
"""

from collections.abc import Callable, Iterable, Sequence

from guard.core.channel import Channel
from guard.core.command import Command, Halt, HaltReason, Inspect, PauseUpstream, Release
from guard.core.event import DeadlinePassed, EngineStatus, Event, FrameSeen, Judged, StageFailed
from guard.core.frame import Frame
from guard.core.plan import Plan
from guard.core.stream import StreamGuard
from guard.errors import EngineError, EngineTimeout
from guard.ports import ChannelEngine, Engine

Render = Callable[[Frame, Sequence[str] | None], bytes]


class Inspection:
    """A guarded text on its way: feed it events, take the bytes that may leave."""

    def __init__(self, plan: Plan, engine: Engine, render: Render) -> None:
        self.guard = StreamGuard(plan)
        self.halt: HaltReason | None = None
        """Why nothing more will be released, once that is so."""
        self._engine = engine
        self._channels: dict[Channel, ChannelEngine] = {}
        self._render = render
        self._out: list[bytes] = []

    def see(self, frame: Frame) -> None:
        """Takes a frame of the backend's: the short way if it is one text and no more, in a channel that is open."""
        if len(frame.slots) == 1 and not (frame.closes or frame.finishes or frame.last or frame.usage):
            slot = frame.slots[0]
            channel = self._channels.get(slot.channel)
            if channel is not None:
                try:
                    verdict = channel.feed(slot.text, False)
                except EngineError as error:
                    self._lose(error)
                else:
                    self._perform(self.guard.handle(Judged(frame, verdict)))
                    return
        self._perform(self.guard.handle(FrameSeen(frame)))

    def handle(self, event: Event) -> None:
        """Tells the machine, and does what it asks for."""
        self._perform(self.guard.handle(event))

    def take(self) -> bytes:
        """What has been released since the last call."""
        out, self._out = self._out, []
        return out[0] if len(out) == 1 else b"".join(out)

    def close(self) -> None:
        """Gives back the engines' memory."""
        for channel in self._channels.values():
            channel.close()
        self._channels.clear()

    def _perform(self, commands: Iterable[Command]) -> None:
        for command in commands:
            if isinstance(command, Inspect):
                self._inspect(command)
            elif isinstance(command, Release):
                self._out.append(self._render(command.frame, command.texts))
            elif isinstance(command, Halt):
                self.halt = command.reason
            elif isinstance(command, PauseUpstream):
                # Inline engines answer at once: no verdict that is still under way could free the hold.
                self.handle(DeadlinePassed())

    def _inspect(self, command: Inspect) -> None:
        channel = self._channels.get(command.channel)
        if channel is None:
            channel = self._channels[command.channel] = self._engine.open(command.channel)
        try:
            verdict = channel.feed(command.text, command.final)
        except EngineError as error:
            self._lose(error)
        else:
            if command.final:
                self._channels.pop(command.channel).close()
            self._perform(self.guard.handle(verdict))

    def _lose(self, error: EngineError) -> None:
        timed_out = isinstance(error, EngineTimeout)
        self.handle(StageFailed(self._engine.name, EngineStatus.TIMEOUT if timed_out else EngineStatus.ERROR))
