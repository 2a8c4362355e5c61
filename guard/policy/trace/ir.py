"""OPA's intermediate representation, as rego-cpp writes it, as typed statements.

Source: https://www.openpolicyagent.org/docs/ir. `file`, `row` and `col` count from zero and are None where the compiler
invented the statement. A statement of a kind that is not known here is an error, for a trace that skips it would lie.
"""

from typing import Final

import msgspec

from guard.errors import ConfigError


class Local(msgspec.Struct, frozen=True, tag_field="type", tag="local"):
    """A local variable, by its number."""

    value: int


class Text(msgspec.Struct, frozen=True, tag_field="type", tag="string_index"):
    """A constant string, by its number among the plan's strings."""

    value: int


class Truth(msgspec.Struct, frozen=True, tag_field="type", tag="bool"):
    """A constant."""

    value: bool


AnyOperand = Local | Text | Truth


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """What every statement has: where in the policy it comes from."""

    file: int | None = None
    row: int | None = None
    col: int | None = None


class Body:
    """Blocks of statements inside a statement."""

    def __init__(self, blocks: tuple[tuple[Statement, ...], ...]) -> None:
        self.blocks = blocks


class ArrayAppend(Statement, frozen=True):
    array: int
    value: AnyOperand


class AssignInt(Statement, frozen=True):
    value: int
    target: int


class AssignVar(Statement, frozen=True):
    source: AnyOperand
    target: int


class AssignVarOnce(Statement, frozen=True):
    source: AnyOperand
    target: int


class Nested(Statement, frozen=True):
    """`BlockStmt`."""

    blocks: Body


class Break(Statement, frozen=True):
    index: int


class Call(Statement, frozen=True):
    func: str
    result: int
    args: tuple[AnyOperand, ...] = ()


class CallDynamic(Statement, frozen=True):
    result: int
    path: tuple[AnyOperand, ...]
    args: tuple[AnyOperand, ...] = ()


class Dot(Statement, frozen=True):
    source: AnyOperand
    key: AnyOperand
    target: int


class Equal(Statement, frozen=True):
    a: AnyOperand
    b: AnyOperand


class NotEqual(Statement, frozen=True):
    a: AnyOperand
    b: AnyOperand


class IsArray(Statement, frozen=True):
    source: AnyOperand


class IsObject(Statement, frozen=True):
    source: AnyOperand


class IsSet(Statement, frozen=True):
    source: AnyOperand


class IsDefined(Statement, frozen=True):
    source: int


class IsUndefined(Statement, frozen=True):
    source: int


class Len(Statement, frozen=True):
    source: AnyOperand
    target: int


class MakeArray(Statement, frozen=True):
    target: int


class MakeNull(Statement, frozen=True):
    target: int


class MakeNumberInt(Statement, frozen=True):
    value: int
    target: int


class MakeNumberRef(Statement, frozen=True):
    index: int
    target: int


class MakeObject(Statement, frozen=True):
    target: int


class MakeSet(Statement, frozen=True):
    target: int


class Nop(Statement, frozen=True):
    pass


class Not(Statement, frozen=True):
    block: Body


class ObjectInsert(Statement, frozen=True):
    key: AnyOperand
    value: AnyOperand
    object: int


class ObjectInsertOnce(Statement, frozen=True):
    key: AnyOperand
    value: AnyOperand
    object: int


class ObjectMerge(Statement, frozen=True):
    a: int
    b: int
    target: int


class ResetLocal(Statement, frozen=True):
    target: int


class ResultSetAdd(Statement, frozen=True):
    value: int


class ReturnLocal(Statement, frozen=True):
    source: int


class Scan(Statement, frozen=True):
    source: int
    key: int
    value: int
    block: Body


class SetAdd(Statement, frozen=True):
    value: AnyOperand
    set: int


class With(Statement, frozen=True):
    local: int
    value: AnyOperand
    block: Body
    path: tuple[int, ...] = ()


class Function(msgspec.Struct, frozen=True):
    """One rule or function of the policy."""

    name: str
    params: tuple[int, ...]
    blocks: Body
    result: int = msgspec.field(name="return")


class Query(msgspec.Struct, frozen=True):
    """The plan of one entry point."""

    name: str
    blocks: Body


class Ir(msgspec.Struct, frozen=True):
    """A compiled policy: constants, the numbers of its modules, functions by name, entry points by name."""

    strings: tuple[str, ...]
    files: tuple[int, ...]
    functions: dict[str, Function]
    queries: dict[str, Query]


class _Constant(msgspec.Struct):
    value: str


class _Static(msgspec.Struct):
    files: list[_Constant] = []
    strings: list[_Constant] = []


class _Functions(msgspec.Struct):
    funcs: list[Function] = []


class _Queries(msgspec.Struct):
    plans: list[Query] = []


class _Document(msgspec.Struct):
    static: _Static
    funcs: _Functions
    plans: _Queries


class _Statement(msgspec.Struct):
    type: str
    stmt: dict[str, object]


class _Block(msgspec.Struct):
    stmts: list[_Statement] | None = None


_KINDS: Final[dict[str, type[Statement]]] = {
    kind.__name__ + "Stmt": kind
    for kind in (
        ArrayAppend, AssignInt, AssignVar, AssignVarOnce, Break, Call, CallDynamic, Dot, Equal, NotEqual, IsArray,
        IsObject, IsSet, IsDefined, IsUndefined, Len, MakeArray, MakeNull, MakeNumberInt, MakeNumberRef, MakeObject,
        MakeSet, Nop, Not, ObjectInsert, ObjectInsertOnce, ObjectMerge, ResetLocal, ResultSetAdd, ReturnLocal, Scan,
        SetAdd, With,
    )
} | {"BlockStmt": Nested}  # fmt: skip


def decode(document: bytes) -> Ir:
    """Reads a `plan.json`. Raises ConfigError if it is not of the kind that is known here."""
    try:
        raw = msgspec.json.decode(document)
        plan = msgspec.convert(raw, _Document, dec_hook=_body)
    except (msgspec.DecodeError, KeyError):
        raise ConfigError("the engine's plan can't be read: install the pinned version of regopy") from None
    return Ir(
        strings=tuple(_unquoted(constant.value) for constant in plan.static.strings),
        files=tuple(int(constant.value) for constant in plan.static.files),
        functions={function.name: function for function in plan.funcs.funcs},
        queries={query.name: query for query in plan.plans.plans},
    )


def _body(kind: type, raw: object) -> object:
    if kind is not Body:
        raise NotImplementedError
    # One block or several: `NotStmt` has the first, `BlockStmt` the second.
    blocks = msgspec.convert(raw if isinstance(raw, list) else [raw], list[_Block])
    return Body(tuple(tuple(_statement(one) for one in block.stmts or ()) for block in blocks))


def _statement(raw: _Statement) -> Statement:
    return msgspec.convert(raw.stmt, _KINDS[raw.type], dec_hook=_body)


def _unquoted(text: str) -> str:
    """The engine keeps strings escaped, some in quotes and some without."""
    quoted = text if len(text) > 1 and text[0] == text[-1] == '"' else f'"{text}"'
    return msgspec.json.decode(quoted, type=str)
