"""The tool gate: behind the stream machine, it keeps the frames of tool calls until the policy has answered for them.

What reaches it has passed every engine and is as the client would get it. A choice's calls are complete when the choice
ends; then the gate asks for rulings, and its frames leave in order, without the calls that are refused. Text of other
channels does not wait. It can't see bytes or policies: a dialect makes the amendments, its driver asks.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Final

from guard.core.channel import Channel
from guard.core.command import HaltReason
from guard.core.discreet import Discreet
from guard.core.frame import Frame
from guard.core.plan import FailureMode, Plan
from guard.core.tool_call import CALL_FIELDS, NO_CALL, Amendment, CallKey, Refusal, Ruling, ToolCall

_BYTES_A_CHAR: Final = 128
"""A piece of four characters comes in some 300 bytes: of how many bytes the gate keeps this much for each character."""


class Pass(Discreet, frozen=True):
    """Hand these bytes on; with amendments, once they are made."""

    raw: bytes
    amendments: tuple[Amendment, ...] = ()


class Ask(Discreet, frozen=True):
    """A choice's calls are complete: rule on them, in order."""

    choice: int
    calls: tuple[ToolCall, ...]


class Stop(Discreet, frozen=True):
    """End the answer: what waits here does not leave."""

    reason: HaltReason


Move = Pass | Ask | Stop


class _Call:
    """A call that is being written."""

    __slots__ = ("arguments", "chars", "ids", "names", "odd", "plain")

    def __init__(self) -> None:
        self.names: list[str] = []
        self.arguments: list[str] = []
        self.chars = 0
        """Of the arguments."""
        self.ids: set[str] = set()
        self.odd = False
        self.plain = False

    @property
    def size(self) -> int:
        return self.chars + sum(map(len, self.names))

    def add(self, text: str, field: str) -> None:
        if field.endswith(".name"):
            self.names.append(text)
            return
        self.arguments.append(text)
        self.chars += len(text)
        self.plain = self.plain or field.endswith(".input")

    def whole(self, key: CallKey) -> ToolCall:
        names = tuple(name for name in self.names if name)
        return ToolCall(key, names, "".join(self.arguments), self.odd or len(self.ids) > 1, self.plain)


class _Kept:
    """A frame that waits: its bytes, the choices that it waits for, and where its pieces of arguments begin.

    The frame itself is let go: of thousands of pieces no more is kept than their bytes.
    """

    __slots__ = ("bases", "choices", "ends", "raw")

    def __init__(self, raw: bytes, frame: Frame, choices: Iterable[int], bases: dict[CallKey, int]) -> None:
        self.raw = raw
        self.choices = tuple(choices)
        self.bases = bases
        self.ends = self.choices if frame.last else frame.finishes


class _Choice:
    """One choice that has calls."""

    __slots__ = ("asked", "beside", "calls", "changes", "dropped", "numbers", "queue", "refused", "rulings")

    def __init__(self) -> None:
        self.calls: dict[CallKey, _Call] = {}
        self.queue: deque[_Kept] = deque()
        self.beside: set[Channel] = set()
        """Channels that are no call's and have text in the queue: more of it must not overtake."""
        self.asked = False
        """Whether it has ended, so that its calls are complete."""
        self.rulings: dict[CallKey, Ruling] | None = None
        self.refused: tuple[Refusal, ...] = ()
        """What the client has not been told of yet."""
        self.changes = False
        """Whether its rulings change anything."""
        self.dropped: frozenset[int | None] = frozenset()
        self.numbers: dict[int, int] = {}

    def rule(self, rulings: dict[CallKey, Ruling]) -> None:
        """Takes the rulings."""
        self.rulings = rulings
        self.changes = any(ruling.refusal or ruling.edits for ruling in rulings.values())
        self.dropped = frozenset(key.index for key, ruling in rulings.items() if ruling.refusal is not None)
        self.numbers = _renumbered(self.calls, self.dropped)

    @property
    def is_open(self) -> bool:
        """Whether its calls have neither rulings nor an end."""
        return not self.asked and self.rulings is None

    @property
    def delays(self) -> bool:
        """Whether a frame of it has to wait."""
        return self.rulings is None or bool(self.queue)

    @property
    def size(self) -> int:
        return sum(call.size for call in self.calls.values())


class ToolGate:
    """The gate of one answer.

    Invariants: no byte of a call leaves before its ruling, and none of one that is refused; frames of a choice leave
    in order and once; of refusals the client learns before the choice ends; what waits is bounded.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._choices: dict[int, _Choice] = {}
        self._spoken: set[int] = set()
        """Choices with content."""
        self._chars = 0
        self._bytes = 0
        self.withheld_chars = 0
        """Characters of calls that do not leave."""
        self.unseen = False
        """Whether calls left without a ruling, since more waited than may be held and the plan says to go on."""

    @property
    def holds(self) -> bool:
        """Whether anything waits here."""
        return any(choice.queue for choice in self._choices.values())

    @property
    def held_chars(self) -> int:
        """Characters of calls that wait here."""
        return self._chars

    def take(self, frame: Frame, texts: Sequence[str] | None, raw: bytes) -> Sequence[Move]:
        """Takes a frame that the engines have let go: as the client would get it, its `texts` (None: as they came)."""
        if not (frame.calls or self._choices):
            self._listen(frame)
            return (Pass(raw),)
        if any(piece.key.index == NO_CALL or self._is_over(piece.key.choice) for piece in frame.calls):
            return (Stop(HaltReason.MALFORMED),)
        bases = self._read(frame, texts)
        self._listen(frame)
        waits = self._waits(frame)
        if waits:
            self._keep(frame, _Kept(raw, frame, waits, bases))
        if frame.failure:
            return self._cut() if waits else (Pass(raw),)
        asks = self._ask(tuple(self._choices) if frame.last else frame.finishes)
        return [*(() if waits else (Pass(raw),)), *self._full(), *asks]

    def decide(self, choice: int, rulings: Sequence[Ruling]) -> Sequence[Move]:
        """Takes the rulings on a choice's calls, in the order in which they were asked for."""
        calls = self._choices[choice].calls
        return self._rule(choice, dict(zip(calls, rulings, strict=True)))

    def stop(self) -> Sequence[Move]:
        """The answer ends by a verdict: calls that are not complete vanish, all else leaves once it is ruled on."""
        return self._cut()

    def _listen(self, frame: Frame) -> None:
        for slot in frame.slots:
            if slot.channel.field == "content":
                self._spoken.add(slot.channel.choice)

    def _is_over(self, choice: int) -> bool:
        """Whether a choice takes no more calls. One that goes on unseen does."""
        known = self._choices.get(choice)
        return known is not None and known.asked

    def _read(self, frame: Frame, texts: Sequence[str] | None) -> dict[CallKey, int]:
        """Adds the frame's pieces to their calls; answers where its arguments begin in each."""
        bases: dict[CallKey, int] = {}
        for piece in frame.calls:
            call = self._choices.setdefault(piece.key.choice, _Choice()).calls.setdefault(piece.key, _Call())
            bases.setdefault(piece.key, call.chars)
            call.ids.update([piece.id] if piece.id else ())
            call.odd = call.odd or piece.odd
        for number, slot in enumerate(frame.slots if frame.calls else ()):
            channel = slot.channel
            if channel.field.startswith(CALL_FIELDS) and (choice := self._choices[channel.choice]).rulings is None:
                text = slot.text if texts is None else texts[number]
                choice.calls[_key(channel)].add(text, channel.field)
                self._chars += len(text)
        return bases

    def _waits(self, frame: Frame) -> list[int]:
        """The choices whose rulings a frame waits for."""
        if frame.last or (frame.usage is not None and not frame.slots and not frame.calls):
            return [number for number, choice in self._choices.items() if choice.delays]
        near = dict.fromkeys([piece.key.choice for piece in frame.calls])
        near.update(dict.fromkeys(frame.finishes))
        near.update(dict.fromkeys(slot.channel.choice for slot in frame.slots if self._follows(slot.channel)))
        return [number for number in near if number in self._choices and self._choices[number].delays]

    def _follows(self, channel: Channel) -> bool:
        """Whether text of this channel waits, so that more of it must not overtake."""
        choice = self._choices.get(channel.choice)
        return choice is not None and channel in choice.beside

    def _keep(self, frame: Frame, kept: _Kept) -> None:
        self._bytes += len(kept.raw)
        for number in kept.choices:
            self._choices[number].queue.append(kept)
        for slot in frame.slots:
            if not slot.channel.field.startswith(CALL_FIELDS) and slot.channel.choice in self._choices:
                self._choices[slot.channel.choice].beside.add(slot.channel)

    def _full(self) -> Sequence[Move]:
        """What happens when more waits than may be held."""
        most = self._plan.tool_hold_chars
        if self._chars <= most and self._bytes <= most * _BYTES_A_CHAR:
            return ()
        if self._plan.on_failure is FailureMode.BLOCK:
            return (Stop(HaltReason.HOLD_EXHAUSTED),)
        self.unseen = True
        waiting = [number for number, choice in self._choices.items() if choice.is_open]
        return [move for number in waiting for move in self._rule(number, {})]

    def _ask(self, ending: Iterable[int]) -> Sequence[Move]:
        asks: list[Move] = []
        for number in ending:
            choice = self._choices.get(number)
            if choice is not None and not choice.asked:
                choice.asked = True
                if choice.rulings is None:
                    asks.append(Ask(number, tuple(call.whole(key) for key, call in choice.calls.items())))
        return asks

    def _cut(self) -> Sequence[Move]:
        """Takes out, without a word, the calls of choices that have not ended."""
        moves: list[Move] = []
        for number, choice in self._choices.items():
            if choice.is_open:
                choice.asked = True
                moves += self._rule(number, dict.fromkeys(choice.calls, Ruling(Refusal("", ""))), told=True)
        return moves

    def _rule(self, number: int, rulings: dict[CallKey, Ruling], *, told: bool = False) -> Sequence[Move]:
        choice = self._choices[number]
        self._chars -= choice.size
        choice.rule(rulings)
        refused = [(key, ruling.refusal) for key, ruling in rulings.items() if ruling.refusal is not None]
        self.withheld_chars += sum(choice.calls[key].size for key, _ in refused)
        choice.refused = () if told else tuple(refusal for _, refusal in refused)
        return self._drain(number)

    def _drain(self, number: int) -> Sequence[Move]:
        """The frames that are free now, from this choice's queue and from those that share a frame with it."""
        moves: list[Move] = []
        work = [number]
        while work:
            choice = self._choices[work.pop()]
            while choice.queue and self._is_free(choice.queue[0]):
                kept = choice.queue[0]
                for other in kept.choices:
                    self._choices[other].queue.popleft()
                work += [other for other in kept.choices if self._choices[other] is not choice]
                moves.append(self._leave(kept))
            if not choice.queue:
                choice.beside.clear()
        return moves

    def _is_free(self, kept: _Kept) -> bool:
        return all(
            choice.rulings is not None and choice.queue[0] is kept
            for choice in (self._choices[number] for number in kept.choices)
        )

    def _leave(self, kept: _Kept) -> Pass:
        self._bytes -= len(kept.raw)
        made = (self._amendment(number, kept) for number in kept.choices)
        return Pass(kept.raw, tuple(amendment for amendment in made if amendment is not None))

    def _amendment(self, number: int, kept: _Kept) -> Amendment | None:
        """What changes in a frame about one choice; None if nothing does."""
        choice = self._choices[number]
        rulings = choice.rulings or {}
        says = number in kept.ends
        said, choice.refused = (choice.refused, ()) if says else ((), choice.refused)
        if not choice.changes:
            return None
        bases = {key.index: base for key, base in kept.bases.items() if key.choice == number}
        touched = [key for key in kept.bases if key.choice == number and key in rulings]
        edits = {key.index: rulings[key].edits for key in touched if rulings[key].edits}
        moved = any(key.index in choice.dropped or key.index in choice.numbers for key in touched)
        if not (said or says or edits or moved):
            return None
        emptied = len(choice.dropped) == len(choice.calls)
        spoken = number in self._spoken
        return Amendment(number, choice.dropped, choice.numbers, edits, bases, emptied, said, spoken)


def _key(channel: Channel) -> CallKey:
    return CallKey(channel.choice, channel.tool if channel.field.startswith(CALL_FIELDS[0]) else None)


def _renumbered(calls: Iterable[CallKey], dropped: frozenset[int | None]) -> dict[int, int]:
    """New indices for calls that stay behind one that goes: clients join pieces by place and stumble over a gap."""
    if not dropped:
        return {}
    stay = sorted(key.index for key in calls if key.index is not None and key.index not in dropped)
    return {index: place for place, index in enumerate(stay) if index != place}
