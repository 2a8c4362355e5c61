"""The embedded policy engine: a directory of Rego, compiled, and asked in this process.

It calls nobody. Only what the policy reads is handed to it, and its last decisions are remembered by that: most of a
day's requests differ in nothing that a policy reads. A policy that can't answer an example at each of its entry points
does not boot.
"""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from guard.core.admin_facts import AdminFacts
from guard.core.answer_facts import AnswerFacts
from guard.core.decision import Decision
from guard.core.facts import RequestFacts
from guard.core.point_decision import AdminDecision, AnswerDecision, ToolDecision
from guard.core.tool_facts import ToolFacts
from guard.errors import ConfigError, PolicyError
from guard.policy.document import input_document
from guard.policy.point import (
    ADMIN,
    POINTS,
    REQUEST,
    RESPONSE,
    TOO_LARGE,
    TOOL,
    UNDEFINED,
    Point,
    check_data,
    points_defined,
)
from guard.policy.program import Program
from guard.policy.reading import costly_reads, fields_read, is_repeatable
from guard.policy.source import Source, read
from guard.policy.trace.evaluation import evaluate

F = TypeVar("F", bound=msgspec.Struct)
D = TypeVar("D")

_MOST_REMEMBERED: Final = 1024


class EmbeddedPolicy:
    """Answers `data.guard.request` and the other entry points from compiled Rego."""

    def __init__(self, directory: Path) -> None:
        """Reads and compiles a directory, tests aside. Raises ConfigError that names file, line and cure."""
        self._open(read(directory), str(directory))

    @classmethod
    def of(cls, source: Source, place: str) -> "EmbeddedPolicy":
        """Compiles what has been read; `place` names it in errors. Raises ConfigError."""
        policy = cls.__new__(cls)
        policy._open(source, place)
        return policy

    def _open(self, source: Source, place: str) -> None:
        self._generation = source.generation
        self.points = points_defined(source.modules) | {REQUEST.name}
        self.reads = costly_reads(source.modules)
        self._fields = {point.name: fields_read(source.modules, point.facts) for point in POINTS}
        self._decided: dict[str, Callable[[bytes], object]] = {}
        repeatable = is_repeatable(source.modules)
        try:
            check_data(source)
            asked = tuple(point.entrypoint for point in POINTS if point.name in self.points)
            self._program = Program(source, asked)
            for point in POINTS:
                if point.name in self.points:
                    decide = self._decider(point)
                    self._decided[point.name] = lru_cache(_MOST_REMEMBERED)(decide) if repeatable else decide
                    self._try(point, source)
        except ConfigError as error:
            raise ConfigError(f"{place}: {error.message}") from None

    @property
    def generation(self) -> str:
        """The first digits of the SHA-256 over file names and contents."""
        return self._generation

    def request(self, facts: RequestFacts) -> Decision:
        """The decision on a request. Raises PolicyError when the engine or its answer is no use.

        Undefined denies with `policy_undefined`, too large a request with `policy_input_too_large`.
        """
        return self._ask(REQUEST, facts)

    def response(self, facts: AnswerFacts) -> AnswerDecision:
        """The decision on a finding in an answer; undefined leaves the request's. Raises PolicyError."""
        return self._ask(RESPONSE, facts)

    def tool(self, facts: ToolFacts) -> ToolDecision:
        """The decision on a tool call; undefined denies. Raises PolicyError."""
        return self._ask(TOOL, facts)

    def admin(self, facts: AdminFacts) -> AdminDecision:
        """The decision on an administrator's action; undefined denies. Raises PolicyError."""
        return self._ask(ADMIN, facts)

    def _ask(self, point: Point[F, D], facts: F) -> D:
        decide = self._decided.get(point.name)
        if decide is None:
            return point.refuse(UNDEFINED, self._generation)
        document = input_document(facts, self._fields[point.name])
        if document is None:
            return point.refuse(TOO_LARGE, self._generation)
        return decide(document)  # type: ignore[return-value]  # the decider of this very point

    def _try(self, point: Point[F, D], source: Source) -> None:
        try:
            self._ask(point, point.example)
        except PolicyError as error:
            # The engine does not tell where; whoever waits for a policy to start waits for a trace, too.
            told = evaluate(source, point, msgspec.to_builtins(point.example)).error or error.message
            raise ConfigError(f"{told} (there is no usable decision on an example {point.name})") from None

    def _decider(self, point: Point[F, D]) -> Callable[[bytes], D]:
        # Not over `self`: a circle would keep a replaced engine, megabytes of it, until the collector comes by.
        program, generation = self._program, self._generation

        def decide(document: bytes) -> D:
            answer = program.evaluate(point.entrypoint, msgspec.json.decode(document))
            if answer is msgspec.UNSET:
                return point.refuse(UNDEFINED, generation)
            return point.parse(answer, generation)

        return decide
