"""Which rule of the text a body of the plan is.

The plan names the place of a rule's first head only, and none for constants; the outline knows every head. A body
belongs to the rule in whose lines its statements lie; bodies without a line are given to the rules of that name that
are left, in order, which is how the compiler goes through them.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec

from guard.policy.outline import Outline, Rule, outline
from guard.policy.source import Module
from guard.policy.trace import ir
from guard.policy.trace.record import bare

_NOWHERE: Final = -1


class Place(msgspec.Struct, frozen=True):
    """A rule in its module. `module` is the module's number in the source, `name` has the package before it."""

    module: int
    name: str
    rule: Rule


class Places:
    """The rules of a source, by the statements of its plan."""

    def __init__(self, modules: Sequence[Module], plan: ir.Ir) -> None:
        self.outlines: tuple[Outline, ...] = tuple(outline(module.text) for module in modules)
        self._plan = plan
        self._rules: dict[str, list[Place]] = {}
        for number, one in enumerate(self.outlines):
            for rule in one.rules:
                name = f"{one.package}.{rule.name}"
                self._rules.setdefault(name, []).append(Place(number, name, rule))
        self._found: dict[str, Mapping[int, tuple[int, Place]]] = {}

    def rules(self, name: str) -> Sequence[Place]:
        """The rules of a name, `package.rule`, in order."""
        return self._rules.get(name, ())

    def of(self, function: ir.Function, statement: ir.Statement) -> Place | None:
        """The rule that a statement gives its value to; None if it gives a value to none."""
        found = self._sites(function).get(id(statement))
        return found[1] if found else None

    def of_body(self, function: ir.Function, body: int) -> Place | None:
        """The rule whose body is the function's block of this number."""
        return next((place for block, place in self._sites(function).values() if block == body), None)

    def _sites(self, function: ir.Function) -> Mapping[int, tuple[int, Place]]:
        if function.name not in self._found:
            self._found[function.name] = self._assigned(function)
        return self._found[function.name]

    def _assigned(self, function: ir.Function) -> Mapping[int, tuple[int, Place]]:
        left = list(self.rules(bare(function.name)))
        sites = list(_sites(function))
        found: dict[int, tuple[int, Place]] = {}
        for lines in (True, False):
            for site in sites:
                place = self._choose(site, left, by_lines=lines)
                if place is not None and id(site.statement) not in found:
                    found[id(site.statement)] = (site.body, place)
                    left.remove(place)
        return found

    def _choose(self, site: "_Site", left: Sequence[Place], *, by_lines: bool) -> Place | None:
        if not by_lines:
            return left[0] if left else None
        for place in left:
            if (place.module, True) in {
                (self._plan.files[file], place.rule.line <= row + 1 <= place.rule.end) for file, row in site.lines
            }:
                return place
        return None


def lines(plan: ir.Ir) -> Iterator[tuple[int, int]]:
    """The file and row of every statement of the plan that has one."""
    for function in plan.functions.values():
        for block in function.blocks.blocks:
            for statement in _all(block):
                if statement.file is not None and statement.row is not None:
                    yield statement.file, statement.row


class _Site(msgspec.Struct, frozen=True):
    """A statement that gives a rule its value, the lines of the statements that lead to it, and its body's number."""

    statement: ir.Statement
    body: int
    lines: frozenset[tuple[int, int]]


def _sites(function: ir.Function) -> Iterator[_Site]:
    """In the plan's order. The locals that `else` and constant keys go through count as the rule's own result."""
    results = {function.result} | set(_intermediate(function))
    for number, block in enumerate(function.blocks.blocks):
        yield from _in_block(block, number, results, ())


def _in_block(
    block: Sequence[ir.Statement], body: int, results: set[int], before: tuple[ir.Statement, ...]
) -> Iterator[_Site]:
    for number, statement in enumerate(block):
        way = (*before, *block[: number + 1])
        if _target(statement) in results and _source(statement) not in results:
            lines = {(one.file, one.row) for one in way if one.file is not None and one.row is not None}
            yield _Site(statement, body, frozenset(lines))
        for inner in _inner(statement):
            yield from _in_block(inner, body, results, way)


def _intermediate(function: ir.Function) -> Iterator[int]:
    """Locals that are assigned once and handed on to the result."""
    statements = [one for block in function.blocks.blocks for one in _all(block)]
    once = {one.target for one in statements if isinstance(one, ir.AssignVarOnce)}
    for one in statements:
        if _target(one) == function.result and _source(one) in once:
            yield _source(one)


def _all(block: Sequence[ir.Statement]) -> Iterator[ir.Statement]:
    for statement in block:
        yield statement
        for inner in _inner(statement):
            yield from _all(inner)


def _inner(statement: ir.Statement) -> Sequence[Sequence[ir.Statement]]:
    match statement:
        case ir.Nested(blocks=body) | ir.Scan(block=body) | ir.With(block=body) | ir.Not(block=body):
            return body.blocks
    return ()


def _target(statement: ir.Statement) -> int:
    match statement:
        case ir.AssignVarOnce(target=target) | ir.SetAdd(set=target) | ir.ObjectInsertOnce(object=target):
            return target
    return _NOWHERE


def _source(statement: ir.Statement) -> int:
    match statement:
        case ir.AssignVarOnce(source=ir.Local(value=source)) | ir.ObjectInsertOnce(value=ir.Local(value=source)):
            return source
    return _NOWHERE
