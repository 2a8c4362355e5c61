"""The plain statements of a plan: those without blocks inside and without calls.

Each is a function of the frame and the statement, and tells how it ended. What needs an undefined value is undefined.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from guard.policy.trace import ir
from guard.policy.trace.frame import DONE, RETURNED, UNDEFINED, Frame, Halted
from guard.policy.trace.value import MaybeValue, ObjectValue, SetValue, Value, ident

Step = Callable[[Frame, Any], int]
"""Any: the table below gives each kind of statement to the function that takes it."""


def _assign(frame: Frame, statement: ir.AssignVar) -> int:
    return frame.assign(statement.target, frame.value(statement.source), frame.origin(statement.source))


def _assign_once(frame: Frame, statement: ir.AssignVarOnce) -> int:
    value = frame.value(statement.source)
    if value is msgspec.UNSET:
        return UNDEFINED
    if statement.target in frame.values and ident(frame.values[statement.target]) != ident(value):
        raise Halted("rules conflict: they give different values for this input", frame)
    frame.holds(statement)
    return frame.assign(statement.target, value, frame.origin(statement.source))


def _assign_int(frame: Frame, statement: ir.AssignInt | ir.MakeNumberInt) -> int:
    return frame.assign(statement.target, statement.value)


def _number(frame: Frame, statement: ir.MakeNumberRef) -> int:
    return frame.assign(statement.target, msgspec.json.decode(frame.string(statement.index), type=int | float))


def _null(frame: Frame, statement: ir.MakeNull) -> int:
    return frame.assign(statement.target, None)


def _array(frame: Frame, statement: ir.MakeArray) -> int:
    return frame.assign(statement.target, [])


def _object(frame: Frame, statement: ir.MakeObject) -> int:
    return frame.assign(statement.target, ObjectValue())


def _set(frame: Frame, statement: ir.MakeSet) -> int:
    return frame.assign(statement.target, SetValue())


def _append(frame: Frame, statement: ir.ArrayAppend) -> int:
    value, array = frame.value(statement.value), frame.values[statement.array]
    if value is msgspec.UNSET or not isinstance(array, list):
        return UNDEFINED
    array.append(value)
    return DONE


def _add(frame: Frame, statement: ir.SetAdd) -> int:
    value, members = frame.value(statement.value), frame.values[statement.set]
    if value is msgspec.UNSET or not isinstance(members, SetValue):
        return UNDEFINED
    members.add(value)
    frame.holds(statement)
    return DONE


def _insert(frame: Frame, statement: ir.ObjectInsert | ir.ObjectInsertOnce) -> int:
    key, value, target = frame.value(statement.key), frame.value(statement.value), frame.values[statement.object]
    if key is msgspec.UNSET or value is msgspec.UNSET or not isinstance(target, ObjectValue):
        return UNDEFINED
    if isinstance(statement, ir.ObjectInsertOnce) and key in target and ident(target[key]) != ident(value):
        raise Halted("rules conflict: they give one key different values for this input", frame)
    target.insert(key, value)
    frame.holds(statement)
    return DONE


def _merge(frame: Frame, statement: ir.ObjectMerge) -> int:
    one, other = frame.values.get(statement.a), frame.values.get(statement.b)
    if not isinstance(one, ObjectValue) or not isinstance(other, ObjectValue):
        return UNDEFINED
    return frame.assign(statement.target, one.over(other))


def _dot(frame: Frame, statement: ir.Dot) -> int:
    source, key = frame.value(statement.source), frame.value(statement.key)
    if source is msgspec.UNSET or key is msgspec.UNSET:
        return UNDEFINED
    origin = frame.origin(statement.source)
    path = None if origin is None else (*origin, key)
    if path is not None:
        frame.reads.append(path)
    return frame.assign(statement.target, _member(source, key), path)


def _member(source: Value, key: Value) -> MaybeValue:
    if isinstance(source, list) and isinstance(key, int | float) and not isinstance(key, bool):
        return source[int(key)] if key == int(key) and 0 <= key < len(source) else msgspec.UNSET
    if isinstance(source, ObjectValue):
        return source.get(key, msgspec.UNSET)
    return key if isinstance(source, SetValue) and key in source else msgspec.UNSET


def _equal(frame: Frame, statement: ir.Equal) -> int:
    one, other = frame.value(statement.a), frame.value(statement.b)
    if one is msgspec.UNSET or other is msgspec.UNSET:
        return UNDEFINED
    return DONE if ident(one) == ident(other) else UNDEFINED


def _not_equal(frame: Frame, statement: ir.NotEqual) -> int:
    one, other = frame.value(statement.a), frame.value(statement.b)
    if one is msgspec.UNSET or other is msgspec.UNSET:
        return UNDEFINED
    return DONE if ident(one) != ident(other) else UNDEFINED


def _length(frame: Frame, statement: ir.Len) -> int:
    source = frame.value(statement.source)
    countable = isinstance(source, str | list | SetValue | ObjectValue)
    return frame.assign(statement.target, len(source)) if countable else UNDEFINED  # type: ignore[arg-type]


def _is(kind: type) -> Step:
    def check(frame: Frame, statement: ir.IsArray | ir.IsObject | ir.IsSet) -> int:
        return DONE if isinstance(frame.value(statement.source), kind) else UNDEFINED

    return check


def _is_defined(frame: Frame, statement: ir.IsDefined) -> int:
    return DONE if statement.source in frame.values else UNDEFINED


def _is_undefined(frame: Frame, statement: ir.IsUndefined) -> int:
    return UNDEFINED if statement.source in frame.values else DONE


def _reset(frame: Frame, statement: ir.ResetLocal) -> int:
    frame.values.pop(statement.target, None)
    frame.origins.pop(statement.target, None)
    return DONE


def _return(frame: Frame, statement: ir.ReturnLocal) -> int:
    return RETURNED


def _result(frame: Frame, statement: ir.ResultSetAdd) -> int:
    frame.results.append(frame.values[statement.value])
    return DONE


def _break(frame: Frame, statement: ir.Break) -> int:
    return statement.index + 1


def _nothing(frame: Frame, statement: ir.Nop) -> int:
    return DONE


STEPS: Final[Mapping[type[ir.Statement], Step]] = {
    ir.ArrayAppend: _append,
    ir.AssignInt: _assign_int,
    ir.AssignVar: _assign,
    ir.AssignVarOnce: _assign_once,
    ir.Break: _break,
    ir.Dot: _dot,
    ir.Equal: _equal,
    ir.IsArray: _is(list),
    ir.IsDefined: _is_defined,
    ir.IsObject: _is(ObjectValue),
    ir.IsSet: _is(SetValue),
    ir.IsUndefined: _is_undefined,
    ir.Len: _length,
    ir.MakeArray: _array,
    ir.MakeNull: _null,
    ir.MakeNumberInt: _assign_int,
    ir.MakeNumberRef: _number,
    ir.MakeObject: _object,
    ir.MakeSet: _set,
    ir.Nop: _nothing,
    ir.NotEqual: _not_equal,
    ir.ObjectInsert: _insert,
    ir.ObjectInsertOnce: _insert,
    ir.ObjectMerge: _merge,
    ir.ResetLocal: _reset,
    ir.ResultSetAdd: _result,
    ir.ReturnLocal: _return,
    ir.SetAdd: _add,
}
