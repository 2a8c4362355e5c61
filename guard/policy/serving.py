"""Policies as the runtime asks for them: one engine for each exchange, answers awaited."""

import time

from guard.core.admin_facts import AdminFacts
from guard.core.answer_facts import AnswerFacts
from guard.core.decision import Decision
from guard.core.facts import Identity, RequestFacts
from guard.core.point_decision import AdminDecision, AnswerDecision, ToolDecision
from guard.core.policy_status import PolicyStatus
from guard.core.tool_facts import ToolFacts
from guard.policy.embedded import EmbeddedPolicy
from guard.ports import PolicyEngine


class InProcess:
    """The embedded engine behind `ports.PolicyEngine`: it answers at once, so nothing is waited for."""

    def __init__(self, policy: EmbeddedPolicy) -> None:
        self._policy = policy
        self.generation = policy.generation
        self.points = policy.points
        self.reads = policy.reads

    async def request(self, facts: RequestFacts) -> Decision:
        """See `EmbeddedPolicy.request`."""
        return self._policy.request(facts)

    async def response(self, facts: AnswerFacts) -> AnswerDecision:
        """See `EmbeddedPolicy.response`."""
        return self._policy.response(facts)

    async def tool(self, facts: ToolFacts) -> ToolDecision:
        """See `EmbeddedPolicy.tool`."""
        return self._policy.tool(facts)

    async def admin(self, facts: AdminFacts) -> AdminDecision:
        """See `EmbeddedPolicy.admin`."""
        return self._policy.admin(facts)


class FixedPolicies:
    """One engine for everybody, as long as the process lives."""

    def __init__(self, engine: PolicyEngine, source: str = "") -> None:
        """`source` says where its policies lie."""
        self._engine = engine
        self._since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        self._source = source

    def status(self) -> PolicyStatus:
        """What serves; it never changes."""
        return PolicyStatus(generation=self._engine.generation, revision="", since=self._since, source=self._source)

    async def reload(self) -> PolicyStatus:
        """Nothing is read again."""
        return self.status()

    def engine(self, identity: Identity, exchange: str = "") -> PolicyEngine:
        """The engine that an exchange of this identity is decided by, to its end."""
        return self._engine
