"""Policies whose decisions are told: each of the four entry points hands a record to a sink, also when it failed.

It changes no decision and waits for nothing. Without a sink nobody builds it, so it costs nothing.
"""

import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from ulid import ULID

from guard.core.admin_facts import AdminFacts
from guard.core.answer_facts import AnswerFacts
from guard.core.decision import Decision
from guard.core.facts import Identity, RequestFacts
from guard.core.point_decision import AdminDecision, AnswerDecision, ToolDecision
from guard.core.record import AnyDecision, AnyFacts, DecisionRecord
from guard.core.tool_facts import ToolFacts
from guard.errors import GuardError
from guard.ports import DecisionSink, Policies, PolicyEngine

F = TypeVar("F", RequestFacts, AnswerFacts, ToolFacts, AdminFacts)
D = TypeVar("D", Decision, AnswerDecision, ToolDecision, AdminDecision)


class RecordedPolicies:
    """Other policies, with a sink that hears of every decision."""

    def __init__(self, policies: Policies, sink: DecisionSink) -> None:
        self._policies = policies
        self._sink = sink

    def engine(self, identity: Identity, exchange: str = "") -> PolicyEngine:
        """The engine for an exchange."""
        return _Recorded(self._policies.engine(identity, exchange), exchange, self._sink)


class _Recorded:
    """One exchange's engine."""

    def __init__(self, engine: PolicyEngine, exchange: str, sink: DecisionSink) -> None:
        self._engine = engine
        self._exchange = exchange
        self._sink = sink

    # Asked each time: an OPA server may only learn at its first answer what it has.
    @property
    def generation(self) -> str:
        return self._engine.generation

    @property
    def points(self) -> frozenset[str]:
        return self._engine.points

    @property
    def reads(self) -> frozenset[str]:
        return self._engine.reads

    async def request(self, facts: RequestFacts) -> Decision:
        return await self._told("request", facts, self._engine.request)

    async def response(self, facts: AnswerFacts) -> AnswerDecision:
        return await self._told("response", facts, self._engine.response)

    async def tool(self, facts: ToolFacts) -> ToolDecision:
        return await self._told("tool", facts, self._engine.tool)

    async def admin(self, facts: AdminFacts) -> AdminDecision:
        return await self._told("admin", facts, self._engine.admin)

    async def _told(self, point: str, facts: F, ask: Callable[[F], Awaitable[D]]) -> D:
        at_ns, begun = time.time_ns(), time.perf_counter_ns()
        try:
            decision = await ask(facts)
        except GuardError as error:
            self._tell(point, facts, None, (at_ns, begun), error.message)
            raise
        self._tell(point, facts, decision, (at_ns, begun))
        return decision

    def _tell(
        self, point: str, facts: AnyFacts, decision: AnyDecision | None, times: tuple[int, int], error: str = ""
    ) -> None:
        at_ns, begun = times
        self._sink.decided(
            DecisionRecord(
                decision_id=str(ULID()),
                exchange=self._exchange,
                point=point,
                identity=facts.identity,
                facts=facts,
                decision=decision,
                generation=self.generation if decision is None else decision.generation,
                at_ns=at_ns,
                elapsed_ns=time.perf_counter_ns() - begun,
                error=error,
            )
        )
