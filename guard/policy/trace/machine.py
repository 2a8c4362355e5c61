"""Runs a plan: OPA's intermediate representation, statement by statement (https://www.openpolicyagent.org/docs/ir).

Rules are evaluated once for an input and its data, as the engine does. The run is bounded by a number of statements; a
conflict or a built-in that fails ends it with its place.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from guard.policy.trace import ir
from guard.policy.trace.builtin import BuiltinFailed, Builtins
from guard.policy.trace.frame import DATA, DONE, INPUT, RETURNED, UNDEFINED, Frame, Halted
from guard.policy.trace.record import Path, Record
from guard.policy.trace.step import STEPS
from guard.policy.trace.value import MaybeValue, ObjectValue, SetValue, Value

MOST_STATEMENTS: Final = 2_000_000
_DEEPEST: Final = 60
_RULE: Final = 2
"""A rule has two parameters, the input and the data; a function has more."""


class Machine:
    """Runs entry points of one plan."""

    def __init__(self, plan: ir.Ir, data: Value, builtins: Builtins, most_statements: int = MOST_STATEMENTS) -> None:
        self._plan = plan
        self._data = data
        self._builtins = builtins
        self._most = most_statements
        self._left = most_statements
        self._depth = 0
        self._known: dict[tuple[str, int, int], tuple[MaybeValue, Path | None, list[Value]]] = {}

    def run(self, entrypoint: str, document: MaybeValue, record: Record) -> MaybeValue:
        """The value of an entry point (`package/rule`) for an input, UNSET if undefined. Raises Halted."""
        self._left, self._depth, self._known = self._most, 0, {}
        frame = Frame(self._plan.strings, record)
        frame.assign(DATA, self._data)
        # Without an input the engine's rules get an empty one: every path in it is undefined.
        frame.assign(INPUT, ObjectValue() if document is msgspec.UNSET else document, ())
        self._blocks(frame, self._plan.queries[entrypoint].blocks)
        for result in frame.results:
            assert isinstance(result, ObjectValue)
            return next(iter(result.values()))
        return msgspec.UNSET

    def _blocks(self, frame: Frame, body: ir.Body) -> int:
        """Block after block: where one stops, the next goes on."""
        for block in body.blocks:
            outcome = self._block(frame, block)
            if outcome == RETURNED:
                return outcome
            if outcome > 1:
                return outcome - 1
        return DONE

    def _block(self, frame: Frame, block: Sequence[ir.Statement]) -> int:
        for statement in block:
            self._count(frame)
            if statement.row is not None and statement.file is not None and not _checks(statement):
                frame.line = (statement.file, statement.row)
                frame.record.ran(frame.line)
            outcome = self._step(frame, statement)
            if outcome != DONE:
                if outcome == UNDEFINED and frame.function is not None:
                    frame.record.stopped(frame.function, frame.line)
                return outcome
        return DONE

    def _count(self, frame: Frame) -> None:
        self._left -= 1
        if self._left < 0:
            raise Halted(f"the trace ends here, after {self._most} statements", frame)

    def _step(self, frame: Frame, statement: ir.Statement) -> int:
        plain = STEPS.get(type(statement))
        if plain is not None:
            return plain(frame, statement)
        match statement:
            case ir.Call():
                return self._call(frame, statement)
            case ir.Nested():
                return self._blocks(frame, statement.blocks)
            case ir.Scan():
                return self._scan(frame, statement)
            case ir.Not():
                outcome = self._inside(frame, statement.block)
                return {DONE: UNDEFINED, UNDEFINED: DONE}.get(outcome, outcome)
            case ir.With():
                return self._with(frame, statement)
        raise Halted(f"the trace ends here: {type(statement).__name__} is not known", frame)

    def _inside(self, frame: Frame, body: ir.Body) -> int:
        """The one block inside a statement: undefined if it stops there."""
        (block,) = body.blocks
        outcome = self._block(frame, block)
        return outcome - 1 if outcome > 1 else UNDEFINED if outcome == 1 else outcome

    def _scan(self, frame: Frame, statement: ir.Scan) -> int:
        source = frame.values.get(statement.source)
        if not isinstance(source, list | SetValue | ObjectValue):
            return UNDEFINED
        origin, way = frame.origins.get(statement.source), len(frame.reads)
        for key, value in _entries(source):
            del frame.reads[way:]
            path = None if origin is None else (*origin, key)
            frame.assign(statement.key, key)
            frame.assign(statement.value, value, path)
            frame.reads += [] if path is None else [path]
            outcome = self._block(frame, statement.block.blocks[0])
            if outcome == RETURNED or outcome > 1:
                return outcome if outcome == RETURNED else outcome - 1
        del frame.reads[way:]
        return DONE

    def _with(self, frame: Frame, statement: ir.With) -> int:
        value = frame.value(statement.value)
        if value is msgspec.UNSET:
            return UNDEFINED
        before = frame.values[statement.local]
        frame.values[statement.local] = _replaced(before, [frame.string(number) for number in statement.path], value)
        outcome = self._inside(frame, statement.block)
        frame.values[statement.local] = before
        return outcome

    def _call(self, frame: Frame, statement: ir.Call) -> int:
        arguments = [frame.value(argument) for argument in statement.args]
        if msgspec.UNSET in arguments:
            return UNDEFINED
        function = self._plan.functions.get(statement.func)
        if function is None:
            return frame.assign(statement.result, self._builtin(frame, statement.func, arguments))
        origins = [frame.origin(argument) for argument in statement.args]
        value, origin = self._function(frame, function, arguments, origins)
        return frame.assign(statement.result, value, origin)

    def _builtin(self, frame: Frame, name: str, arguments: list[Any]) -> MaybeValue:
        try:
            return self._builtins(name, arguments)
        except BuiltinFailed:
            kinds = ", ".join(map(_kind, arguments)) or "nothing"
            raise Halted(f"the built-in function {name} has no value for {kinds}", frame) from None

    def _function(
        self, caller: Frame, function: ir.Function, arguments: list[Any], origins: Iterable[Path | None]
    ) -> tuple[MaybeValue, Path | None]:
        key = (function.name, id(arguments[INPUT]), id(arguments[DATA]))
        is_rule = len(function.params) == _RULE
        if is_rule and key in self._known:
            return self._known[key][:2]
        frame = Frame(caller.strings, caller.record, function)
        for parameter, value, origin in zip(function.params, arguments, origins, strict=True):
            frame.assign(parameter, value, origin)
        found = self._run(caller, frame, function)
        if is_rule:
            # The arguments are kept, so that nothing else gets their id.
            self._known[key] = (*found, arguments)
        return found

    def _run(self, caller: Frame, frame: Frame, function: ir.Function) -> tuple[MaybeValue, Path | None]:
        if self._depth >= _DEEPEST:
            raise Halted("the trace ends here: rules need each other too deeply", caller)
        self._depth += 1
        outcome = DONE
        for number, block in enumerate(function.blocks.blocks):
            frame.enter(number)
            outcome = self._block(frame, block)
            if outcome == RETURNED:
                break
        self._depth -= 1
        if outcome != RETURNED:
            return msgspec.UNSET, None
        return frame.values.get(function.result, msgspec.UNSET), frame.origins.get(function.result)


def _checks(statement: ir.Statement) -> bool:
    """Whether it checks what an expression gave: the compiler gives it the place of an expression before."""
    return isinstance(statement, ir.NotEqual) and statement.b == ir.Truth(False)


def _entries(source: "list[Value] | SetValue | ObjectValue") -> Iterable[tuple[Value, Value]]:
    if isinstance(source, list):
        return enumerate(source)
    return ((one, one) for one in source) if isinstance(source, SetValue) else source.items()


def _replaced(document: Value, path: Sequence[str], value: Value) -> Value:
    """A copy of a document with a value put at a path; what is in the way becomes an object."""
    if not path:
        return value
    copy = ObjectValue(document.items() if isinstance(document, ObjectValue) else ())
    copy.insert(path[0], _replaced(copy.get(path[0]), path[1:], value))
    return copy


def _kind(value: Value) -> str:
    named = {bool: "a boolean", str: "a string", list: "an array", SetValue: "a set", ObjectValue: "an object"}
    return "null" if value is None else named.get(type(value), "a number")
