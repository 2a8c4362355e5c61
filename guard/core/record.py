"""What is kept of decisions and of exchanges: facts and figures. Texts only where the operator says so, and sealed."""

from collections.abc import Mapping
from typing import Final

import msgspec

from guard.core.admin_facts import AdminFacts
from guard.core.answer_facts import AnswerFacts
from guard.core.decision import Decision
from guard.core.discreet import Discreet
from guard.core.entry import Closing, Opening
from guard.core.facts import Identity, RequestFacts
from guard.core.point_decision import AdminDecision, AnswerDecision, ToolDecision
from guard.core.tool_facts import ToolFacts

AnyFacts = RequestFacts | AnswerFacts | ToolFacts | AdminFacts
AnyDecision = Decision | AnswerDecision | ToolDecision | AdminDecision
FACTS_OF: Final[Mapping[str, type[AnyFacts]]] = {
    "request": RequestFacts,
    "response": AnswerFacts,
    "tool": ToolFacts,
    "admin": AdminFacts,
}
"""What each entry point is told."""


class DecisionRecord(Discreet, frozen=True):
    """One decision as it was made. `decision` is None where the engine failed, and then `error` is its message.

    `decision_id` is a ULID. `point` is the entry point's name (`request`, `response`, `tool`, `admin`). `exchange` is
    empty for what belongs to none. `facts` are all of them, also those that the policy does not read. `at_ns` is Unix
    time, `elapsed_ns` how long the answer took.
    """

    decision_id: str
    exchange: str
    point: str
    identity: Identity
    facts: AnyFacts
    decision: AnyDecision | None
    generation: str
    at_ns: int
    elapsed_ns: int
    error: str = ""


class FindingRecord(msgspec.Struct, frozen=True):
    """All findings of one type, engine and place, those below the engine's threshold included.

    `direction` is `prompt` or `answer`; `path` a JSON path without indices, or an answer's field. `score` is the
    highest one, `threshold` the score from which the engine counts it where the policy names none. `spans` are the
    first few: code points of the text they stand in, half-open.
    """

    direction: str
    type: str
    group: str
    severity: int
    engine: str
    path: str
    count: int
    score: float
    threshold: float = 0.0
    spans: tuple[tuple[int, int], ...] = ()


class Timings(msgspec.Struct, frozen=True):
    """Where an exchange's time went, in milliseconds; None for what did not happen.

    `read_ms`: patterns over the prompt. `classify_ms`, `names_ms`: the models over it, with their queue. `policy_ms`:
    the request's decision. `queue_ms`: the wait for a place at the backend. `backend_ms`: from the call to the head of
    the backend's answer. `first_ms`: from the start to the first byte for the client; `total_ms`: to the end.
    `started_ms` of the opening is the start.
    """

    read_ms: float | None = None
    classify_ms: float | None = None
    names_ms: float | None = None
    policy_ms: float | None = None
    queue_ms: float | None = None
    backend_ms: float | None = None
    first_ms: float | None = None
    total_ms: float | None = None


class TextRecord(Discreet, frozen=True):
    """One text of the prompt as its engines saw it: who speaks (empty outside the conversation) and its path."""

    role: str
    path: str
    text: str


class ExchangeNote(Discreet, frozen=True):
    """What the runtime knows when an exchange is over, beside its account. `texts` only for whoever may keep them."""

    exchange: str
    findings: tuple[FindingRecord, ...] = ()
    timings: Timings = Timings()
    texts: tuple[TextRecord, ...] = ()


class RecordedDecision(Discreet, frozen=True):
    """One decision as the record has it.

    `facts` and `result` are JSON: the whole facts (texts are empty and arguments null unless they were kept and the key
    was given), and the decision in the words of a policy (`{"deny": […], "actions": {"*": "redact"}}`), empty where
    there was none.
    """

    decision_id: str
    point: str
    generation: str
    at_ns: int
    elapsed_ns: int
    error: str
    facts: bytes
    result: bytes


class RecordedExchange(Discreet, frozen=True):
    """One exchange as the record has it. `closing` is None while it runs, or if the process died with it."""

    opening: Opening
    closing: Closing | None
    decisions: tuple[RecordedDecision, ...] = ()
    findings: tuple[FindingRecord, ...] = ()
    timings: Timings = Timings()
    texts: tuple[TextRecord, ...] = ()
    """Empty unless texts were kept and the key was given."""

    @property
    def exchange(self) -> str:
        """Its id."""
        return self.opening.exchange
