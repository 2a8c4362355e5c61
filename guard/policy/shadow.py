"""Asks a candidate what the live engine was asked, after it has answered, in a thread of its own.

The exchange waits for nothing and learns of nothing: not of differences, not of the candidate's errors. What can't be
kept up with is dropped and counted. The candidate must be an engine of this process: nothing here waits for a network.
"""

import threading
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

from guard.core.admin_facts import AdminFacts
from guard.core.answer_facts import AnswerFacts
from guard.core.decision import Decision
from guard.core.difference import differences
from guard.core.facts import RequestFacts
from guard.core.point_decision import AdminDecision, AnswerDecision, ToolDecision
from guard.core.record import AnyDecision, AnyFacts
from guard.core.shadow import ShadowFigures
from guard.core.tool_facts import ToolFacts
from guard.errors import GuardError, PolicyError
from guard.policy.shadow_tally import Asked, ShadowTally
from guard.ports import PolicyEngine

F = TypeVar("F", RequestFacts, AnswerFacts, ToolFacts, AdminFacts)
D = TypeVar("D", Decision, AnswerDecision, ToolDecision, AdminDecision)

MOST_WAITING: Final = 1000
TEXT: Final = "messages.text"
"""Texts are handed over only if the policy that serves asks for them."""
_UNASKED: Final[dict[str, AnyDecision]] = {"response": AnswerDecision(), "tool": ToolDecision()}
"""What holds at an entry point that a policy has no rules for, since it is then not asked."""


class Shadow:
    """One thread that compares. `submit` from the event loop; `stop` at the end."""

    def __init__(self, tally: ShadowTally) -> None:
        self._tally = tally
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="guard-shadow")
        self._room = threading.BoundedSemaphore(MOST_WAITING)
        self._stopped = False

    def submit(self, candidate: PolicyEngine, asked: Asked) -> None:
        """Lets the candidate be asked as well. Returns at once and raises nothing."""
        if self._stopped or not self._room.acquire(blocking=False):
            self._tally.drop()
            return
        self._thread.submit(self._compare, candidate, asked)

    def stop(self) -> None:
        """Ends it; what waits is left."""
        self._stopped = True
        self._thread.shutdown(wait=True, cancel_futures=True)

    def figures(self) -> ShadowFigures:
        """What differed so far."""
        return self._tally.figures()

    def _compare(self, candidate: PolicyEngine, asked: Asked) -> None:
        try:
            decision = _decision(candidate, asked.point, asked.facts)
            found = differences(asked.facts, asked.live, decision)
            self._tally.add(asked, decision, candidate.generation, found)
        finally:
            self._room.release()


class ShadowedEngine:
    """The live engine of one exchange, with a candidate in its shadow."""

    def __init__(self, live: PolicyEngine, candidate: PolicyEngine, exchange: str, shadow: Shadow) -> None:
        self._live = live
        self._candidate = candidate
        self._exchange = exchange
        self._shadow = shadow

    # Asked each time: an OPA server may only learn at its first answer what it has.
    @property
    def generation(self) -> str:
        """The live engine's."""
        return self._live.generation

    @property
    def points(self) -> frozenset[str]:
        """The live engine's: nothing is asked for the candidate alone."""
        return self._live.points

    @property
    def reads(self) -> frozenset[str]:
        """What either reads, except texts that only the candidate asks for."""
        return self._live.reads | (self._candidate.reads - {TEXT})

    async def request(self, facts: RequestFacts) -> Decision:
        """See `ports.PolicyEngine.request`."""
        return await self._shadowed("request", facts, self._live.request)

    async def response(self, facts: AnswerFacts) -> AnswerDecision:
        """See `ports.PolicyEngine.response`."""
        return await self._shadowed("response", facts, self._live.response)

    async def tool(self, facts: ToolFacts) -> ToolDecision:
        """See `ports.PolicyEngine.tool`."""
        return await self._shadowed("tool", facts, self._live.tool)

    async def admin(self, facts: AdminFacts) -> AdminDecision:
        """See `ports.PolicyEngine.admin`."""
        return await self._shadowed("admin", facts, self._live.admin)

    async def _shadowed(self, point: str, facts: F, ask: Callable[[F], Awaitable[D]]) -> D:
        try:
            decision = await ask(facts)
        except GuardError:
            self._submit(point, facts, None)
            raise
        self._submit(point, facts, decision)
        return decision

    def _submit(self, point: str, facts: AnyFacts, live: AnyDecision | None) -> None:
        unseen = tuple(sorted((self._candidate.reads - self._live.reads) & {TEXT}))
        self._shadow.submit(self._candidate, Asked(self._exchange, point, facts, live, unseen))


def _decision(engine: PolicyEngine, point: str, facts: AnyFacts) -> AnyDecision | None:
    """What an engine of this process decides; None if it gives no decision."""
    if point not in engine.points and point in _UNASKED:
        return _UNASKED[point]
    try:
        return _finished(getattr(engine, point)(facts))
    except GuardError:
        return None


def _finished(answer: Coroutine[Any, Any, AnyDecision]) -> AnyDecision:
    """What a coroutine returns that waits for nothing. Raises PolicyError if it waits."""
    try:
        answer.send(None)
    except StopIteration as done:
        decided: AnyDecision = done.value
        return decided
    answer.close()
    raise PolicyError("a candidate policy has to be a bundle: an OPA server can't be asked in the shadow")
