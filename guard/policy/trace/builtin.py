"""Built-in functions for the interpreter: each is asked of the real engine, so there is no second implementation.

For each built-in a module of one rule is compiled that applies it to its input. The engine ends the process when a set
of objects is handed to it, so sets go in as arrays, and the module makes sets of them again. What changes from call to
call (the time, chance) is asked once for the same arguments, as in one evaluation of the engine.
"""

import json
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from guard.policy.engine import load_engine
from guard.policy.trace.value import MaybeValue, ObjectValue, SetValue, Value

_ENTRYPOINT: Final = "builtin/call"
_MOST_REMEMBERED: Final = 20_000
_MOST_MODULES: Final = 500


class BuiltinFailed(Exception):
    """The engine gives no value for these arguments."""


class Builtins:
    """Calls built-in functions by name."""

    def __init__(self) -> None:
        self._regopy = load_engine()
        self._compiled: dict[str, tuple[Any, Any]] = {}  # regopy has no types
        self._answers: dict[tuple[str, str], MaybeValue] = {}

    def __call__(self, name: str, arguments: list[Value]) -> MaybeValue:
        """The value; UNSET if undefined. Raises BuiltinFailed."""
        given = [_handed_over(argument, f"input[{number}]") for number, argument in enumerate(arguments)]
        call = f"{name}({', '.join(again for _, again in given)})"
        values = [value for value, _ in given]
        key = (call, repr(values))
        if key not in self._answers:
            if len(self._answers) >= _MOST_REMEMBERED:
                self._answers.clear()
            self._answers[key] = self._ask(call, values)
        return self._answers[key]

    def _ask(self, call: str, values: list[Value]) -> MaybeValue:
        engine, bundle = self._module(call)
        try:
            engine.set_input(values)
            output = engine.query_bundle_entrypoint(bundle, _ENTRYPOINT)
            if not output.ok():
                raise BuiltinFailed
            found = output.expressions()
            return self._wrapped(found) if len(found) else msgspec.UNSET
        except (self._regopy.RegoError, ValueError):
            # Also where the engine cuts an escape in two (see document.py), and what comes out is no JSON.
            raise BuiltinFailed from None

    def _module(self, call: str) -> tuple[Any, Any]:
        if call not in self._compiled:
            if len(self._compiled) >= _MOST_MODULES:
                self._compiled.clear()
            self._compiled[call] = self._compile(call)
        return self._compiled[call]

    def _compile(self, call: str) -> tuple[Any, Any]:
        engine = self._regopy.Interpreter()
        engine.log_level = self._regopy.LogLevel.NONE
        engine.strict_built_in_errors = True
        # In an array, so that the engine can't take the call for a condition.
        engine.add_module("builtin", f"package builtin\n\ncall := [{call}]\n")
        bundle = engine.build(None, (_ENTRYPOINT,))
        if not bundle.ok():
            raise BuiltinFailed
        return engine, bundle

    def _wrapped(self, found: Any) -> Value:
        """The one member of the array that `call` is."""
        array = self._value(found.at(0))
        assert isinstance(array, list)
        return array[0]

    def _value(self, node: Any) -> Value:
        """Reads the engine's tree, which tells sets from arrays where its JSON does not."""
        kinds = self._regopy.NodeKind
        if node.kind in (kinds.Term, kinds.Scalar):
            return self._value(node.at(0))
        if node.kind == kinds.Array:
            return [self._value(node.at(number)) for number in range(len(node))]
        if node.kind == kinds.Set:
            return SetValue(self._value(node.at(key)) for key in node)
        if node.kind == kinds.Object:
            return ObjectValue((json.loads(key), self._value(node.at(key))) for key in node)
        value: Value = json.loads(node.json())
        return value


def _handed_over(value: Value, path: str) -> tuple[Value, str]:
    """A value as the engine's binding takes it, and the Rego that makes the value of it again at a path of the input.

    The binding escapes nothing, so strings go in as JSON spells them.
    """
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)[1:-1], path
    if isinstance(value, list):
        members, again = _members(value, path)
        return members, again or path
    if isinstance(value, SetValue):
        members, again = _members(value, path)
        return members, f"{{member | some member in {again or path}}}"
    if isinstance(value, ObjectValue):
        return _object(value, path)
    return value, path


def _members(values: Iterable[Value], path: str) -> tuple[list[Value], str]:
    """Array members, and the Rego of the array; empty where the input's own will do."""
    given = [_handed_over(value, f"{path}[{number}]") for number, value in enumerate(values)]
    simple = all(again == f"{path}[{number}]" for number, (_, again) in enumerate(given))
    return [value for value, _ in given], "" if simple else f"[{', '.join(again for _, again in given)}]"


def _object(value: ObjectValue, path: str) -> tuple[Value, str]:
    """An object with sets inside goes in as an array of its keys and one of its items."""
    keys, _ = _members(value, f"{path}[0]")
    given = [_handed_over(item, f"{path}[1][{number}]") for number, item in enumerate(value.values())]
    items = [item for item, _ in given]
    if all(again == f"{path}[1][{number}]" for number, (_, again) in enumerate(given)):
        return ObjectValue(zip(keys, items, strict=True)), path
    pairs = ", ".join(f"{path}[0][{number}]: {again}" for number, (_, again) in enumerate(given))
    return [keys, items], f"{{{pairs}}}"
