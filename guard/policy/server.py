"""The policy engine that is a real OPA server: the same entry points, inputs and decisions as the embedded one.

It fails closed: a server that is down, slow or confused gives no decision, and an undefined one denies. What was
decided is not remembered, since OPA's rules and data may change at any time; which entry points it has is asked again
when its bundles' revision changes, and every ten seconds. It sees no texts: what a policy's annotations say stays with
OPA.
"""

import time
from collections.abc import Awaitable, Callable
from typing import Final, ParamSpec, TypeVar

import msgspec
import structlog

from guard.core.admin_facts import AdminFacts
from guard.core.answer_facts import AnswerFacts
from guard.core.decision import Decision
from guard.core.facts import RequestFacts
from guard.core.point_decision import AdminDecision, AnswerDecision, ToolDecision
from guard.core.server_figures import ServerFigures
from guard.core.tool_facts import ToolFacts
from guard.errors import PolicyError
from guard.policy.breaker import Breaker, Resting
from guard.policy.document import input_document
from guard.policy.opa_client import Answer, Failure, OpaClient, Reason
from guard.policy.point import ADMIN, POINTS, REQUEST, RESPONSE, TOO_LARGE, TOOL, UNDEFINED, Point
from guard.policy.server_figures import ServerGauge

F = TypeVar("F", bound=msgspec.Struct)
D = TypeVar("D")
A = TypeVar("A")
P = ParamSpec("P")

_log: Final = structlog.get_logger("guard.policy")
_POINTS_S: Final = 10.0
_LANGUAGE: Final = "messages.language"
_MESSAGES: Final = {
    Reason.UNREACHABLE: "the policy server can't be reached: ask the operator to look at it",
    Reason.TIMEOUT: "the policy server gave no answer within opa.timeout_ms: try again",
    Reason.REFUSED: "the policy server refuses to answer: ask the operator to check opa.token and opa.url",
    Reason.MALFORMED: "the policy server's answer is not OPA's: ask the operator to check opa.url",
    Reason.TOO_LARGE: "the policy server's answer is too large: ask the operator to make decisions smaller",
    Reason.POLICY: "the policy server gave no usable answer: ask the operator to run the policy's tests",
}
_RESTING: Final = "the policy server failed several times in a row and is left alone for a moment: try again"


class OpaPolicy:
    """Implements `ports.PolicyEngine`. Until OPA has said which entry points it has, all are asked for."""

    def __init__(self, client: OpaClient, breaker: Breaker, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` gives seconds."""
        self.generation = "opa"
        self.points = frozenset(point.name for point in POINTS)
        self.reads = frozenset(RequestFacts.__struct_fields__) | {_LANGUAGE}
        self._client, self._breaker, self._clock = client, breaker, clock
        self._gauge = ServerGauge()
        self._told_at: float | None = None

    async def request(self, facts: RequestFacts) -> Decision:
        """`data.guard.request`. Raises PolicyError; undefined denies."""
        if self._told_at is None or self._clock() - self._told_at > _POINTS_S:
            await self._learn_points()
        return await self._decide(REQUEST, facts)

    async def response(self, facts: AnswerFacts) -> AnswerDecision:
        """`data.guard.response`. Raises PolicyError; undefined leaves what the request's decision said."""
        return await self._decide(RESPONSE, facts)

    async def tool(self, facts: ToolFacts) -> ToolDecision:
        """`data.guard.tool`. Raises PolicyError; undefined denies."""
        return await self._decide(TOOL, facts)

    async def admin(self, facts: AdminFacts) -> AdminDecision:
        """`data.guard.admin`. Raises PolicyError; undefined denies."""
        return await self._decide(ADMIN, facts)

    def figures(self) -> ServerFigures:
        """What asking has been like so far."""
        gauge = self._gauge
        points = tuple(sorted(self.points))
        return ServerFigures(
            self._breaker.state, self.generation, points, dict(gauge.outcomes), gauge.answer_s, gauge.answer_max_s
        )

    def healthy(self) -> bool:
        """Whether the server is not being left alone."""
        return self._breaker.state != "open"

    async def close(self) -> None:
        """Closes every connection."""
        await self._client.close()

    async def _decide(self, point: Point[F, D], facts: F) -> D:
        document = input_document(facts, point.facts.__struct_fields__)
        if document is None:
            return point.refuse(TOO_LARGE, self.generation)
        answer = await self._asked(point.name, document)
        if answer.revision != self.generation:
            self.generation = answer.revision
            await self._learn_points()
        return self._read(point, answer)

    def _read(self, point: Point[F, D], answer: Answer) -> D:
        if answer.value is msgspec.UNSET:
            self._gauge.count("undefined")
            return point.refuse(UNDEFINED, answer.revision)
        try:
            decision = point.parse(answer.value, answer.revision)
        except PolicyError:
            self._gauge.count(Reason.POLICY)
            raise
        self._gauge.count("answered")
        return decision

    async def _learn_points(self) -> None:
        asked_at = self._clock()
        rules = [point.name for point in POINTS]
        defined = {rule for rule in rules if await self._guarded(self._client.defines, rule)}
        self.points, self._told_at = frozenset(defined | {REQUEST.name}), asked_at

    async def _asked(self, rule: str, document: bytes) -> Answer:
        begun = self._gauge.clock()
        try:
            return await self._guarded(self._client.ask, rule, document)
        finally:
            self._gauge.took(self._gauge.clock() - begun)

    def _tell(self, before: str) -> None:
        """Says in the log that the server is being left alone, or is back."""
        if (state := self._breaker.state) == before:
            return
        if state == "open":
            _log.error("policy_server_rests", outcomes=self._gauge.outcomes)
        elif state == "closed":
            _log.info("policy_server_answers")

    async def _guarded(self, ask: Callable[P, Awaitable[A | Failure]], *what: P.args, **more: P.kwargs) -> A:
        """One question, unless the server is being left alone."""
        before = self._breaker.state
        try:
            with self._breaker.question() as told:
                outcome = await ask(*what, **more)
                told(not isinstance(outcome, Failure) or not outcome.reason.is_the_servers)
        except Resting:
            self._gauge.count("resting")
            raise PolicyError(_RESTING) from None
        if isinstance(outcome, Failure):
            self._gauge.count(outcome.reason)
            self._tell(before)
            raise PolicyError(_MESSAGES[outcome.reason])
        self._tell(before)
        return outcome
