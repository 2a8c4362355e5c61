"""Traces entry points of a policy: what they give, which rules held and why, and where a rule stopped.

The engine evaluates, the interpreter retraces, and the two values are compared: a trace that differs says so.
"""

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

import msgspec

from guard.errors import PolicyError
from guard.policy.program import Program
from guard.policy.source import Module, Source
from guard.policy.trace import ir
from guard.policy.trace.builtin import Builtins
from guard.policy.trace.frame import Halted
from guard.policy.trace.machine import MOST_STATEMENTS, Machine
from guard.policy.trace.place import Place, Places, lines
from guard.policy.trace.record import Path, Record, longest, spelled
from guard.policy.trace.value import MaybeValue, from_json, same_as_json

_WIDEST: Final = 120

Spot: TypeAlias = "tuple[int, int]"
"""A module's number and a line, which counts from one."""


class Fired(msgspec.Struct, frozen=True):
    """A rule that had a value, and its lines. `reads` are the paths of the input that it read itself, never values."""

    rule: str
    file: str
    line: int
    end: int
    reads: tuple[str, ...]


class Stop(msgspec.Struct, frozen=True):
    """Where something ended: the file, the line, and the line's text, which is the policy's own."""

    file: str
    line: int
    text: str


class Traced(msgspec.Struct, frozen=True):
    """An evaluation. `value` is the engine's, UNSET if undefined or none.

    `failure` says why the engine gives no value; `place` is where that is, or where an undefined or false rule stopped.
    `agrees` is whether the interpreter came to the same; if not, what else stands here may be wrong. `heads` and
    `lines` are what ran: a module's number and a line of a rule that held, or of any statement. Lines count from one.
    """

    value: object
    fired: tuple[Fired, ...]
    agrees: bool
    failure: str = ""
    place: Stop | None = None
    heads: frozenset[Spot] = frozenset()
    lines: frozenset[Spot] = frozenset()


class Tracer:
    """One compiled source."""

    def __init__(self, source: Source, entrypoints: Sequence[str], most_statements: int = MOST_STATEMENTS) -> None:
        """Compiles. Raises ConfigError with file, line and cure."""
        self._modules = source.modules
        self._program = Program(source, entrypoints, keep_plan=True)
        self._plan = ir.decode(self._program.plan)
        self._places = Places(source.modules, self._plan)
        self._machine = Machine(self._plan, from_json(msgspec.json.decode(source.data)), Builtins(), most_statements)

    @property
    def planned(self) -> frozenset[Spot]:
        """All lines that the plan has a statement of."""
        return frozenset((self._plan.files[file], row + 1) for file, row in lines(self._plan))

    def trace(self, entrypoint: str, document: object = msgspec.UNSET) -> Traced:
        """Evaluates and retraces. A failure of the policy is told in the result, never raised."""
        record = Record()
        value, broken = self._evaluate(entrypoint, document)
        failure, place, agrees = "", None, False
        try:
            given = document if document is msgspec.UNSET else from_json(document)
            retraced = self._machine.run(entrypoint, given, record)
            agrees = not broken and _agree(retraced, value)
            if value is msgspec.UNSET or value is False:
                place = self._stopped(entrypoint, record)
        except Halted as halted:
            place, agrees = self._halt(halted), broken
            failure = halted.why if broken else ""
        if broken and not failure:
            failure = "the engine gives no value, and the trace does not show why"
        held = self._held(record)
        return Traced(
            value=value,
            fired=_fired(self._modules, held),
            agrees=agrees,
            failure=failure,
            place=place,
            heads=frozenset((place.module, place.rule.line) for place in held),
            lines=frozenset((self._plan.files[file], row + 1) for file, row in record.lines),
        )

    def _evaluate(self, entrypoint: str, document: object) -> tuple[object, bool]:
        try:
            return self._program.evaluate(entrypoint, document), False
        except PolicyError:
            return msgspec.UNSET, True

    def _held(self, record: Record) -> dict[Place, tuple[Path, ...]]:
        """The rules that had a value, and what they read; a rule and its copies for `with` are one."""
        found: dict[Place, tuple[Path, ...]] = {}
        for held in record.held.values():
            place = self._places.of(held.function, held.statement)
            if place is not None:
                found[place] = longest((*found.get(place, ()), *held.reads))
        return found

    def _stopped(self, entrypoint: str, record: Record) -> Stop | None:
        name = entrypoint.replace("/", ".")
        if name in record.stops:
            file, row = record.stops[name]
            return self._stop(self._plan.files[file], row + 1)
        return next((self._stop(place.module, place.rule.line) for place in self._places.rules(name)), None)

    def _halt(self, halted: Halted) -> Stop | None:
        if halted.function is None:
            return None
        if halted.line is not None:
            return self._stop(self._plan.files[halted.line[0]], halted.line[1] + 1)
        place = self._places.of_body(halted.function, halted.body)
        return self._stop(place.module, place.rule.line) if place else None

    def _stop(self, module: int, line: int) -> Stop:
        """The expression at a line, or the line."""
        rules = self._places.outlines[module].rules
        inside = [one for rule in rules for one in rule.expressions if one.line <= line <= one.end]
        first, last = (inside[-1].line, inside[-1].end) if inside else (line, line)
        text = " ".join(" ".join(self._modules[module].text.splitlines()[first - 1 : last]).split())
        return Stop(self._modules[module].name, first, text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…")


def _fired(modules: Sequence[Module], held: Mapping[Place, tuple[Path, ...]]) -> tuple[Fired, ...]:
    return tuple(
        Fired(place.name, modules[place.module].name, place.rule.line, place.rule.end, tuple(map(spelled, reads)))
        for place, reads in sorted(held.items(), key=lambda item: (item[0].module, item[0].rule.line))
    )


def _agree(retraced: MaybeValue, value: object) -> bool:
    if retraced is msgspec.UNSET or value is msgspec.UNSET:
        return retraced is value
    return same_as_json(retraced, value)
