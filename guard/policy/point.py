"""The entry points: what Guard asks a policy for, what each is told, and how its answer is read."""

import re
from collections.abc import Callable, Sequence
from typing import Any, Final, Generic, TypeVar

import msgspec

from guard.core.admin_facts import AdminFacts
from guard.core.answer_facts import AnswerFacts
from guard.core.decision import Decision, Denial
from guard.core.facts import FindingFacts, Identity, MessageFacts, RequestFacts
from guard.core.point_decision import AdminDecision, AnswerDecision, ToolDecision
from guard.core.tool_facts import OneCall, ToolFacts
from guard.policy.decision import parse_decision
from guard.policy.point_decision import parse_admin, parse_answer, parse_tool
from guard.policy.source import Module

F = TypeVar("F", bound=msgspec.Struct)
D = TypeVar("D")

UNDEFINED: Final = Denial(
    "policy_undefined",
    "the policy has no decision for this request: ask the operator to define one for it",
)
TOO_LARGE: Final = Denial(
    "policy_input_too_large",
    "the request has too many messages, tools or findings to be judged: send fewer at once",
)
_NOBODY: Final = Identity(tenant="example", key="example", tier="example")
_THEN: Final = "2000-01-01T00:00:00Z"


class Point(Generic[F, D]):
    """One entry point. `refuse` makes the decision where the policy has none; `example` is what it is tried on."""

    def __init__(
        self,
        name: str,
        facts: type[F],
        parse: Callable[[object, str], D],
        refuse: Callable[[Denial, str], D],
        example: F,
    ) -> None:
        self.name = name
        self.facts = facts
        self.parse = parse
        self.refuse = refuse
        self.example = example

    @property
    def entrypoint(self) -> str:
        """As the engine names it: `guard/request`."""
        return f"guard/{self.name}"


REQUEST: Final = Point(
    "request",
    RequestFacts,
    parse_decision,
    lambda denial, generation: Decision(deny=(denial,), generation=generation),
    RequestFacts(
        identity=_NOBODY,
        model="example",
        backend="example",
        dialect="openai.chat",
        stream=True,
        choices=1,
        max_tokens=None,
        messages=(MessageFacts(role="user", chars=1),),
        message_count=1,
        tools=(),
        members=(),
        findings=(),
        engines=(),
        scores={},
        prompt_chars=1,
        now=_THEN,
    ),
)
RESPONSE: Final = Point(
    "response",
    AnswerFacts,
    parse_answer,
    # Nothing more is said about this finding, so what the request's decision said of it holds.
    lambda _denial, generation: AnswerDecision(generation=generation),
    AnswerFacts(
        identity=_NOBODY,
        model="example",
        backend="example",
        dialect="openai.chat",
        stream=True,
        now=_THEN,
        field="content",
        choice=0,
        chars=1,
        finding=FindingFacts("EMAIL_ADDRESS", "pii.direct", 2, 1, 1.0, "pattern", "content"),
    ),
)
TOOL: Final = Point(
    "tool",
    ToolFacts,
    parse_tool,
    lambda denial, generation: ToolDecision(deny=(denial,), generation=generation),
    ToolFacts(
        identity=_NOBODY,
        model="example",
        backend="example",
        dialect="openai.chat",
        stream=True,
        now=_THEN,
        tool=OneCall(name="example", offered=True, valid=True, arguments={}),
    ),
)
ADMIN: Final = Point(
    "admin",
    AdminFacts,
    parse_admin,
    lambda denial, generation: AdminDecision(deny=(denial,), generation=generation),
    AdminFacts(identity=_NOBODY, action="policy.show", now=_THEN),
)
POINTS: Final[tuple[Point[Any, Any], ...]] = (REQUEST, RESPONSE, TOOL, ADMIN)
"""All of them; each keeps its own types."""

_PACKAGE: Final = re.compile(r"^\s*package\s+guard\s*(?:#.*)?$", re.MULTILINE)
_ASIDE: Final = re.compile(r'`[^`]*`|"(?:\\.|[^"\\\n])*"|#[^\n]*')
_BRACKETS: Final = re.compile(r"[\[\](){}]")


def points_defined(modules: Sequence[Module]) -> frozenset[str]:
    """The entry points that any module of package `guard` has a rule for."""
    known = {point.name for point in POINTS}
    return frozenset(name for module in modules if _PACKAGE.search(module.text) for name in known & _heads(module.text))


def _heads(text: str) -> set[str]:
    """The first words of lines that stand outside brackets: names of rules, mostly."""
    heads: set[str] = set()
    depth = 0
    for line in _ASIDE.sub('""', text).splitlines():
        if depth == 0 and (found := re.match(r"\s*(?:default\s+)?([A-Za-z_]\w*)", line)):
            heads.add(found[1])
        for bracket in _BRACKETS.findall(line):
            depth += 1 if bracket in "[({" else -1
    return heads
