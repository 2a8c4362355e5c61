"""The waiting room for approvals: parks what must not go on before a person agreed, within bounds of number and time.

Whatever happens but an approval denies: time passes, the room is full, Guard stops. Each change of state is told to
whoever listens, at once and without waiting. It can't see what waits: a question has no text in it. Approvals live in
this process alone; another instance of Guard does not know them.
"""

import asyncio
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from typing import Final, Literal

import msgspec
import structlog
from ulid import ULID

from guard.core.approval import ApprovalEvent, ApprovalQuestion, ApprovalState, Verdict
from guard.core.decision import Approval
from guard.core.facts import Identity
from guard.errors import AlreadyDecided, ApprovalDenied, ApprovalsFull, ApprovalTimeout, Forbidden, NotFound

_log: Final = structlog.get_logger("guard.approval")
REASON_CHARS: Final = 500
"""What is kept of a reason."""
_NAME_CHARS: Final = 128
_SHARE: Final = 4
"""A tenant may have this many times the seats that are free: eight of ten, and one who comes later finds some."""
_REMEMBERED: Final = 1024
"""Approvals whose outcome is still known, so that deciding twice is harmless."""
_WAITING: Final = ApprovalState.WAITING


class ApprovalLimits(msgspec.Struct, frozen=True):
    """How many may wait, and how long at most. `attended`: whether there is anybody who could answer."""

    waiting: int = 1000
    timeout_s: float = 300.0
    attended: bool = True


Tell = Callable[[ApprovalEvent], None]
"""Hears of a change of state; returns at once."""


class _Seat:
    """One question that waits."""

    def __init__(self, question: ApprovalQuestion, timeout_s: float) -> None:
        self.timeout_s = timeout_s
        self.begun = time.monotonic()
        now = time.time_ns() // 1_000_000
        self.last = ApprovalEvent(str(ULID()), _WAITING, question, now, now + round(timeout_s * 1000), now)
        self.settled = asyncio.Event()


class ApprovalRoom:
    """Implements `ports.Approvals`."""

    def __init__(self, limits: ApprovalLimits, tell: Tell) -> None:
        self._limits = limits
        self._tell = tell
        self._seats: dict[str, _Seat] = {}
        self._held: Counter[str] = Counter()
        """Seats by tenant."""
        self._over: OrderedDict[str, ApprovalEvent] = OrderedDict()
        self._counts: Counter[ApprovalState] = Counter()
        self._closed = False

    async def ask(self, question: ApprovalQuestion) -> Verdict:
        """Waits for an answer as long as the question says, and never longer than the limits. Never raises."""
        if refused := self._refused(question.identity.tenant):
            self._note(refused, question)
            return Verdict(refused)
        seat = self._park(question)
        try:
            async with asyncio.timeout(seat.timeout_s):
                await seat.settled.wait()
        except TimeoutError:
            self._settle(seat, ApprovalState.TIMED_OUT)
        finally:
            # Nothing if it has been settled. If not, the client is gone.
            self._settle(seat, ApprovalState.CANCELLED)
        return Verdict(seat.last.state, seat.last.by, seat.last.reason, time.monotonic() - seat.begun)

    def find(self, approval: str) -> ApprovalEvent:
        """An approval as it stands. Raises NotFound."""
        seat = self._seats.get(approval)
        found = seat.last if seat is not None else self._over.get(approval)
        if found is None:
            raise NotFound("No such approval here: `guard approvals` lists those that wait on this instance.")
        return found

    def decide(
        self, approval: str, state: Literal[ApprovalState.APPROVED, ApprovalState.DENIED], by: str, reason: str = ""
    ) -> ApprovalEvent:
        """Approves or denies; saying the same twice changes nothing. Raises NotFound, AlreadyDecided."""
        found = self.find(approval)
        if found.state is _WAITING:
            return self._settle(self._seats[approval], state, by, reason[:REASON_CHARS])
        if found.state is not state:
            raise AlreadyDecided(f"This approval is over already: {found.state.value}.")
        return found

    def waiting(self) -> tuple[ApprovalEvent, ...]:
        """Those that wait, the oldest first."""
        return tuple(seat.last for seat in self._seats.values())

    def figures(self) -> Mapping[str, int]:
        """How many wait now, and how many came to each end since the start."""
        ends = {state.value: self._counts[state] for state in ApprovalState if state is not _WAITING}
        return {_WAITING.value: len(self._seats), **ends}

    def close(self) -> None:
        """Denies what waits and whatever comes: Guard stops."""
        self._closed = True
        for seat in tuple(self._seats.values()):
            self._settle(seat, ApprovalState.STOPPED)

    def _refused(self, tenant: str) -> ApprovalState | None:
        if self._closed:
            return ApprovalState.STOPPED
        if not self._limits.attended:
            return ApprovalState.UNATTENDED
        free = self._limits.waiting - len(self._seats)
        return ApprovalState.FULL if self._held[tenant] >= _SHARE * free else None

    def _park(self, question: ApprovalQuestion) -> _Seat:
        longest_s = self._limits.timeout_s
        seat = _Seat(_bounded(question), min(question.timeout_s or longest_s, longest_s))
        self._seats[question.id] = seat
        self._held[question.identity.tenant] += 1
        self._say(seat.last)
        return seat

    def _settle(self, seat: _Seat, state: ApprovalState, by: str = "", reason: str = "") -> ApprovalEvent:
        """Ends a wait; the first end stands."""
        if self._seats.pop(seat.last.question.id, None) is None:
            return seat.last
        tenant = seat.last.question.identity.tenant
        self._held[tenant] -= 1
        if not self._held[tenant]:
            del self._held[tenant]
        seat.last = msgspec.structs.replace(
            seat.last, id=str(ULID()), state=state, at_ms=time.time_ns() // 1_000_000, by=by, reason=reason
        )
        seat.settled.set()
        self._over[seat.last.question.id] = seat.last
        if len(self._over) > _REMEMBERED:
            self._over.popitem(last=False)
        self._say(seat.last)
        return seat.last

    def _say(self, event: ApprovalEvent) -> None:
        self._note(event.state, event.question, event.by)
        self._tell(event)

    def _note(self, state: ApprovalState, question: ApprovalQuestion, by: str = "") -> None:
        self._counts[state] += 1
        say = _log.warning if state in (ApprovalState.FULL, ApprovalState.UNATTENDED) else _log.info
        say(
            "approval",
            approval=question.id,
            exchange=question.exchange,
            point=question.point,
            state=state.value,
            by=by,
        )


class Nobody:
    """Implements `ports.Approvals` where there is nobody to ask: denies."""

    async def ask(self, question: ApprovalQuestion) -> Verdict:
        """A denial, at once."""
        return Verdict(ApprovalState.UNATTENDED)


NOBODY: Final = Nobody()


def refusal(verdict: Verdict) -> Forbidden | None:
    """The error that a verdict means for the client; None if it was approved."""
    match verdict.state:
        case ApprovalState.APPROVED:
            return None
        case ApprovalState.DENIED:
            said = f" They said: {verdict.reason}" if verdict.reason else ""
            return ApprovalDenied(f"This needed approval, and whoever was asked denied it.{said}")
        case ApprovalState.UNATTENDED:
            return ApprovalDenied("This needs approval, and nobody can give it here: the operator sets admin.keys.")
        case ApprovalState.FULL:
            return ApprovalsFull("This needs approval, and too much waits for one already: try again later.")
        case ApprovalState.STOPPED:
            return ApprovalTimeout("This needs approval, and Guard stops before there was one: ask again.")
        case _:
            return ApprovalTimeout("This needed approval, and nobody gave it in time: ask again when somebody can.")


def _bounded(question: ApprovalQuestion) -> ApprovalQuestion:
    return msgspec.structs.replace(
        question,
        reason=question.reason[:REASON_CHARS],
        model=question.model[:_NAME_CHARS],
        tool=question.tool[:_NAME_CHARS],
    )


def request_question(exchange: str, who: Identity, wanted: Approval, model: str, backend: str) -> ApprovalQuestion:
    """What people are asked about a request."""
    return ApprovalQuestion(
        id=str(ULID()),
        exchange=exchange,
        identity=who,
        point="request",
        reason=wanted.reason,
        timeout_s=wanted.timeout_s,
        model=model,
        backend=backend,
    )
