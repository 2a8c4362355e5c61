"""One recorded exchange as a replay sees it: what the policy was told, what was found, and how it went."""

import msgspec

from guard.core.answer_facts import AnswerFacts
from guard.core.decision import Decision
from guard.core.discreet import Discreet
from guard.core.entry import Status
from guard.core.facts import RequestFacts
from guard.core.finding import Finding
from guard.core.point_decision import AnswerDecision, ToolDecision
from guard.core.tool_facts import ToolFacts
from guard.core.usage import Usage


class Seen(msgspec.Struct, frozen=True):
    """Findings of one type, engine and place; `score` is the highest, `threshold` the one from which its engine counts
    it. `path` is a JSON path of the request or a field of the answer.
    """

    type: str
    group: str
    severity: int
    engine: str
    path: str
    count: int
    score: float
    threshold: float = 0.0

    @property
    def finding(self) -> Finding:
        """As a plan wants it."""
        return Finding(self.type, 0, 0, score=self.score, engine=self.engine, threshold=self.threshold)


class ToolCase(Discreet, frozen=True):
    """One tool call that was decided on; `recorded` is None where the engine failed."""

    facts: ToolFacts
    recorded: ToolDecision | None


class AnswerCase(Discreet, frozen=True):
    """One finding of an answer that was decided on."""

    facts: AnswerFacts
    recorded: AnswerDecision | None


class Case(Discreet, frozen=True):
    """One exchange. `recorded` is the request's decision, None where the engine failed or was not asked.

    `facts` is None if the exchange ended before a policy was asked: there is nothing to replay. `usage` is what was
    counted; `status` None: it was under way when the record was read.
    """

    exchange: str
    started_ms: int
    tenant: str
    model: str
    backend: str
    generation: str
    facts: RequestFacts | None
    recorded: Decision | None
    prompt: tuple[Seen, ...] = ()
    answer: tuple[Seen, ...] = ()
    tools: tuple[ToolCase, ...] = ()
    answers: tuple[AnswerCase, ...] = ()
    status: Status | None = None
    usage: Usage = Usage()
    first_ms: float | None = None
    total_ms: float | None = None
    models_ms: float | None = None
    """How long the models read the prompt, their queue included."""
    backend_ms: float | None = None
    """From the call until the head of the backend's answer."""
