"""The entry points: what Guard asks a policy for, what each is told, and how its answer is read."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, Generic, TypeVar

import msgspec

from guard.core.admin_facts import AdminFacts
from guard.core.answer_facts import AnswerFacts
from guard.core.decision import Decision, Denial
from guard.core.facts import FindingFacts, Identity, MessageFacts, RequestFacts
from guard.core.point_decision import AdminDecision, AnswerDecision, ToolDecision
from guard.core.tool_facts import OneCall, ToolFacts
from guard.errors import ConfigError
from guard.policy.bundle.root import package_of
from guard.policy.decision import parse_decision
from guard.policy.lexeme import tokens
from guard.policy.point_decision import parse_admin, parse_answer, parse_tool
from guard.policy.source import Module, Source

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

_OWN: Final = "guard"
_OPENING: Final = frozenset("([{")
_CLOSING: Final = frozenset(")]}")
_NAMES: Final = frozenset(point.name for point in POINTS)


def points_defined(modules: Sequence[Module]) -> frozenset[str]:
    """The entry points that any module defines: by a rule of package `guard`, or as a package of their own below it.

    Rather one too many than one too few: what is not told here is never asked for.
    """
    return frozenset(_NAMES & {name for module in modules for name in _defines(module.text)})


def _defines(text: str) -> Iterator[str]:
    package = package_of(text) or ()
    if package == (_OWN,):
        yield from _heads(text)
    elif package[:1] == (_OWN,):
        yield package[1]


def _heads(text: str) -> Iterator[str]:
    """The words that a rule may begin with: the first outside brackets on a line, or behind a `;`."""
    depth, before = 0, ""
    for token in tokens(text):
        if depth == 0 and (token.first or before in (";", "default", "}")):
            yield token.text
        depth += (token.text in _OPENING) - (token.text in _CLOSING)
        before = token.text


def check_data(source: Source) -> None:
    """Refuses data in an entry point's place: only rules are asked for. Raises ConfigError."""
    own = msgspec.json.decode(source.data).get(_OWN)
    for name in sorted(_NAMES & set(own if isinstance(own, dict) else ())):
        raise ConfigError(f"data has guard.{name}, which only rules may define: write it as Rego, in package guard")
