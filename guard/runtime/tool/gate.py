"""The tool gate at work: performs what the gate's machine asks for, between the inspection and the client.

Frames come in as the engines let them go; bytes go out, at once or when the desk has ruled on the calls.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, Protocol

import structlog

from guard.core.channel import Channel
from guard.core.command import HaltReason
from guard.core.finding import Finding
from guard.core.frame import Frame
from guard.core.taxonomy import PSEUDONYM
from guard.core.tool_call import CALL_FIELDS, Amendment, Ruling, ToolCall
from guard.core.tool_gate import Ask, Move, Pass, ToolGate

_log: Final = structlog.get_logger("guard.tool")

Amend = Callable[[bytes, Sequence[Amendment]], bytes]
"""Makes amendments in a frame's bytes. See `ports.AnswerReader`."""
Rule = Callable[[Sequence[Ruling] | None], None]
"""Takes the rulings on a choice's calls; None if there will be none. Called on the event loop, never within `ask`."""
Found = Mapping[Channel, Sequence[Finding]]
"""What was found in the texts of calls."""


class CallDesk(Protocol):
    """Whoever rules on the tool calls of one answer."""

    @property
    def waiting(self) -> bool:
        """Whether a ruling is under way."""
        ...

    def ask(self, calls: Sequence[ToolCall], found: Found, rule: Rule) -> None:
        """Wants one ruling for each call, in order."""
        ...

    def close(self) -> None:
        """Nothing is ruled after it."""
        ...


class GateSide(Protocol):
    """Where the gate leads to."""

    def hand_on(self, data: bytes) -> None:
        """Takes bytes for the client."""
        ...

    def end(self, reason: HaltReason) -> None:
        """The answer ends here."""
        ...

    def tell(self) -> None:
        """There is news, and nobody waits for it within a call of his own."""
        ...


class CallGate:
    """The gate of one answer. `lead` it somewhere before anything comes."""

    def __init__(self, machine: ToolGate, desk: CallDesk, amend: Amend) -> None:
        self._machine = machine
        self._desk = desk
        self._amend = amend
        self._found: dict[Channel, list[Finding]] = {}
        self._side: GateSide | None = None

    def lead(self, side: GateSide) -> None:
        """Says where it leads to."""
        self._side = side

    @property
    def waits(self) -> bool:
        """Whether rulings are under way."""
        return self._desk.waiting

    @property
    def holds(self) -> bool:
        """Whether anything waits here."""
        return self._machine.holds

    @property
    def kept_chars(self) -> int:
        """Characters that the client does not get, so far."""
        return self._machine.withheld_chars + self._machine.held_chars

    def note(self, channel: Channel, findings: Sequence[Finding]) -> None:
        """Remembers what was found in a call's text, for the policy."""
        if channel.field.startswith(CALL_FIELDS):
            self._found.setdefault(channel, []).extend(each for each in findings if each.type != PSEUDONYM)

    def take(self, frame: Frame, texts: Sequence[str] | None, raw: bytes) -> None:
        """Takes a frame that may leave as far as the engines are concerned."""
        self._perform(self._machine.take(frame, texts, raw))

    def stop(self) -> None:
        """The answer ends by a verdict."""
        self._perform(self._machine.stop())

    def close(self) -> None:
        """Nothing more leaves."""
        if self._machine.unseen and self._side is not None:
            _log.warning("tool_call_unseen", cure="raise tool_hold_chars, or let on_failure block")
        self._desk.close()
        self._side = None

    def _perform(self, moves: Iterable[Move]) -> None:
        for move in moves:
            if self._side is None:
                return
            if isinstance(move, Pass):
                data = self._amend(move.raw, move.amendments) if move.amendments else move.raw
                if data:
                    self._side.hand_on(data)
            elif isinstance(move, Ask):
                self._ask(move)
            else:
                self._side.end(move.reason)

    def _ask(self, asked: Ask) -> None:
        found = {channel: found for channel, found in self._found.items() if channel.choice == asked.choice}
        self._desk.ask(asked.calls, found, lambda rulings: self._ruled(asked.choice, rulings))

    def _ruled(self, choice: int, rulings: Sequence[Ruling] | None) -> None:
        """Rulings have come. A fault here ends the answer: nobody above would learn of it."""
        side = self._side
        if side is None:
            return
        understood = False
        try:
            if rulings is not None:
                self._perform(self._machine.decide(choice, rulings))
                understood = True
        finally:
            if not understood:
                side.end(HaltReason.ENGINE_FAILED)
            side.tell()
