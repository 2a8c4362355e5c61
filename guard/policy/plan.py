"""The compiled plan of a policy, as far as it is inspected: functions, their calls and their variables.

Decodes OPA's intermediate representation (https://www.openpolicyagent.org/docs/ir) as rego-cpp writes it.
A statement with blocks inside is told before the statements inside it.
"""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from guard.errors import ConfigError
from guard.policy.fault import at

_PLACE = frozenset({"file", "row", "col", "index"})
_INPUT_AND_DATA = frozenset({0, 1})


class Statement(msgspec.Struct, frozen=True):
    """One statement. `calls` is a function's name or empty, `arguments` how many it gets; reads and writes are numbers
    of local variables.

    `writes` holds every bare number of the statement, hence more than it writes; so a variable is called unbound only
    if nothing could have bound it. `row` counts from zero, and is None where the compiler invented the statement.
    """

    calls: str
    arguments: int
    reads: frozenset[int]
    writes: frozenset[int]
    file: int
    row: int | None


class Function(msgspec.Struct, frozen=True):
    """One rule or function. `bound` are its parameters, its result, the input and the data."""

    name: str
    bound: frozenset[int]
    statements: tuple[Statement, ...]


class Plan(msgspec.Struct, frozen=True):
    """A compiled policy."""

    functions: tuple[Function, ...]
    files: tuple[str, ...]
    builtins: Mapping[str, int]
    """Built-in functions that are called, and how many arguments each takes."""

    def place(self, function: Function, statement: Statement) -> tuple[str, int] | None:
        """The file and line of a statement, or of the nearest before it in its function; None if there is none."""
        found = None
        for one in function.statements:
            if one.row is not None and one.file < len(self.files):
                found = self.files[one.file], one.row + 1
            if one is statement:
                break
        return found

    def fault(self, function: Function, statement: Statement, message: str) -> ConfigError:
        """An error at a statement's place."""
        place = self.place(function, statement)
        return ConfigError(f"policy: {message}") if place is None else at(*place, message)


class _File(msgspec.Struct):
    value: str  # the module's number


class _Declaration(msgspec.Struct, frozen=True):
    args: list[object] = []


class _Builtin(msgspec.Struct):
    name: str
    decl: _Declaration = _Declaration()


class _Static(msgspec.Struct):
    files: list[_File] = []
    builtin_funcs: list[_Builtin] = []


class _Function(msgspec.Struct):
    name: str
    params: list[int]
    blocks: list[object]
    result: int = msgspec.field(name="return", default=0)


class _Functions(msgspec.Struct):
    funcs: list[_Function] = []


class _Document(msgspec.Struct):
    static: _Static
    funcs: _Functions


def decode(document: bytes, names: Sequence[str]) -> Plan:
    """Reads a `plan.json` that knows modules by their numbers in `names`. Raises ConfigError."""
    try:
        raw = msgspec.json.decode(document, type=_Document)
    except msgspec.DecodeError:
        raise ConfigError("the engine's plan can't be read: install the pinned version of regopy") from None
    return Plan(
        functions=tuple(_function(function) for function in raw.funcs.funcs),
        files=tuple(names[int(file.value)] for file in raw.static.files),
        builtins={builtin.name: len(builtin.decl.args) for builtin in raw.static.builtin_funcs},
    )


def _function(raw: _Function) -> Function:
    bound = _INPUT_AND_DATA | {raw.result, *raw.params}
    return Function(raw.name, frozenset(bound), tuple(_statements(raw.blocks)))


def _statements(node: object) -> Iterator[Statement]:
    if isinstance(node, list):
        for item in node:
            yield from _statements(item)
    elif isinstance(node, dict):
        body = node.get("stmt")
        if isinstance(body, dict):
            yield _statement(body)
        for value in node.values():
            yield from _statements(value)


def _statement(body: dict[str, object]) -> Statement:
    reads: set[int] = set()
    writes: set[int] = set()
    _locals([value for name, value in body.items() if name not in _PLACE], reads, writes)
    name, file, row, arguments = body.get("func"), body.get("file"), body.get("row"), body.get("args")
    return Statement(
        calls=name if isinstance(name, str) else "",
        arguments=len(arguments) if isinstance(arguments, list) else 0,
        reads=frozenset(reads),
        writes=frozenset(writes),
        file=file if isinstance(file, int) else 0,
        row=row if isinstance(row, int) else None,
    )


def _locals(node: object, reads: set[int], writes: set[int]) -> None:
    """Sorts the numbers of one statement; statements inside it speak for themselves."""
    if isinstance(node, bool):
        return
    if isinstance(node, int):
        writes.add(node)
    elif isinstance(node, list):
        for item in node:
            _locals(item, reads, writes)
    elif isinstance(node, dict) and node.get("type") == "local" and isinstance(node.get("value"), int):
        reads.add(node["value"])
    elif isinstance(node, dict) and "stmts" not in node and "blocks" not in node:
        _locals(list(node.values()), reads, writes)
