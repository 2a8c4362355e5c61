"""Decisions to log and to keep, with planted texts that no output may show."""

from guard.core.action import Action
from guard.core.admin_facts import AdminFacts
from guard.core.answer_facts import AnswerFacts
from guard.core.decision import Decision, Denial
from guard.core.facts import ClientFacts, EngineFacts, FindingFacts, Identity, MessageFacts, RequestFacts
from guard.core.point_decision import AdminDecision, AnswerDecision, ToolDecision
from guard.core.record import AnyDecision, AnyFacts, DecisionRecord
from guard.core.tool_facts import OneCall, SourceFacts, ToolFacts

PLANTED = ("Ada Lovelace", "4111 1111 1111 1111", "ada@example.org")
WHO = Identity("acme", "web", "free")
CLIENT = ClientFacts("192.0.2.7")
FOUND = FindingFacts("EMAIL_ADDRESS", "pii.direct", 2, 1, 1.0, "pattern", "$.messages[].content")

REQUEST = RequestFacts(
    identity=WHO,
    model="small-model",
    backend="local",
    dialect="openai.chat",
    stream=True,
    choices=1,
    max_tokens=256,
    messages=(MessageFacts("system", 40), MessageFacts("user", 20, text=f"{PLANTED[0]}, {PLANTED[1]}")),
    message_count=2,
    tools=("search",),
    members=(),
    findings=(FOUND,),
    engines=(EngineFacts("pattern", "OK"),),
    scores={"injection": 0.25},
    prompt_chars=60,
    now="2026-03-01T12:00:00Z",
    client=CLIENT,
)
TOOL = ToolFacts(
    WHO,
    "small-model",
    "local",
    "openai.chat",
    True,
    "2026-03-01T12:00:00Z",
    OneCall("mail", True, True, {"to": PLANTED[2]}, {"description": PLANTED[0]}),
    client=CLIENT,
    sources=(SourceFacts(f"$.{PLANTED[1]}", "tool"),),
)
ANSWER = AnswerFacts(WHO, "small-model", "local", "openai.chat", True, "now", "content", 0, 9, FOUND, client=CLIENT)
ADMIN = AdminFacts(Identity("", "root", ""), "policy.show", "now", client=CLIENT)

DECIDED: list[tuple[str, AnyFacts, AnyDecision]] = [
    ("request", REQUEST, Decision(actions={"*": Action.REDACT}, labels={"team": "blue"}, generation="g1")),
    ("request", REQUEST, Decision(deny=(Denial("late", "come earlier", "after hours"),), generation="g1")),
    ("response", ANSWER, AnswerDecision(action=Action.BLOCK, generation="g1")),
    ("tool", TOOL, ToolDecision(redact=("$.to",), generation="g1")),
    ("admin", ADMIN, AdminDecision(allow=True, generation="g1")),
]


def record(
    point: str = "request",
    facts: AnyFacts = REQUEST,
    decision: AnyDecision | None = DECIDED[0][2],
    *,
    number: int = 1,
    exchange: str = "01EXCHANGE",
    at_ns: int = 1_772_366_400_123_456_789,
    error: str = "",
) -> DecisionRecord:
    return DecisionRecord(
        f"01DECISION{number}", exchange, point, facts.identity, facts, decision, "g1", at_ns, 81_000, error
    )
