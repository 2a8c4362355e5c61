"""Drives the stream machine and the pattern engine over pieces of text, without wires: for property tests."""

from collections.abc import Iterable, Sequence

from guard.core.channel import Channel
from guard.core.command import Command, Halt, Inspect, Release, Settle
from guard.core.event import Event, FrameSeen, Judged
from guard.core.frame import Frame, Slot
from guard.core.plan import Plan
from guard.core.stream import StreamGuard
from guard.pii.pseudonym.vault import Vault
from guard.scan.engine import PatternEngine
from guard.scan.scanner import Scanner


class Flow:
    """One exchange's text, from what the backend writes to what the client reads."""

    def __init__(self, engine: PatternEngine, plan: Plan, vault: Vault | None = None) -> None:
        """`vault`: with it, pseudonyms are restored."""
        self.guard = StreamGuard(plan) if vault is None else StreamGuard(plan, vault.show, restores=True)
        self.read: dict[Channel, str] = {}
        self.halted = False
        self.settled = 0
        self.leaked_after_halt = False
        self._engine = engine
        self._scanners: dict[Channel, Scanner] = {}

    def write(self, *pieces: tuple[Channel, str], splittable: bool = True) -> None:
        """One frame with these pieces."""
        slots = tuple(Slot(channel, text, 0, 0) for channel, text in pieces)
        frame = Frame(b"", slots, splittable=splittable and len(slots) == 1)
        scanner = self._scanners.get(slots[0].channel) if len(slots) == 1 else None
        # As the relay does it: a channel that is known takes the short way.
        self.tell(FrameSeen(frame) if scanner is None else Judged(frame, scanner.feed(slots[0].text, False)))

    def end(self) -> None:
        """The backend's last frame."""
        self.tell(FrameSeen(Frame(b"", last=True)))
        for scanner in self._scanners.values():
            scanner.close()

    def tell(self, event: Event) -> None:
        self._do(self.guard.handle(event))

    def _do(self, commands: Iterable[Command]) -> None:
        for command in commands:
            if isinstance(command, Inspect):
                scanner = self._scanners.get(command.channel)
                if scanner is None:
                    scanner = self._scanners[command.channel] = self._engine.open(command.channel)
                self._do(self.guard.handle(scanner.feed(command.text, command.final)))
            elif isinstance(command, Release):
                self.leaked_after_halt |= self.halted
                texts = command.texts or [slot.text for slot in command.frame.slots]
                for slot, text in zip(command.frame.slots, texts, strict=True):
                    self.read[slot.channel] = self.read.get(slot.channel, "") + text
            elif isinstance(command, Halt):
                self.halted = True
            elif isinstance(command, Settle):
                self.settled += 1


def cut(text: str, at: Sequence[int]) -> list[str]:
    """The text in pieces, cut at these positions."""
    edges = sorted({min(max(position, 0), len(text)) for position in at} | {0, len(text)})
    return [text[a:b] for a, b in zip(edges, edges[1:], strict=False)]


def stream(
    engine: PatternEngine, plan: Plan, channel: Channel, pieces: Iterable[str], vault: Vault | None = None
) -> tuple[str, list[str]]:
    """What the client read in the end, and after each piece."""
    flow = Flow(engine, plan, vault)
    seen: list[str] = []
    for piece in pieces:
        flow.write((channel, piece))
        seen.append(flow.read.get(channel, ""))
    flow.end()
    return flow.read.get(channel, ""), seen
