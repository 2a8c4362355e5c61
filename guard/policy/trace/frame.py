"""One function while it runs: its local variables, which of them are parts of the input, and the way to here."""

from typing import Final

import msgspec

from guard.policy.trace import ir
from guard.policy.trace.record import Line, Path, Record
from guard.policy.trace.value import MaybeValue, Value

DONE: Final = 0
UNDEFINED: Final = -1
RETURNED: Final = -2
"""How a statement ends; a positive number leaves as many blocks."""

INPUT: Final = 0
DATA: Final = 1
"""The locals that hold the input and the data in every function."""


class Halted(Exception):
    """A run that can't go on: why, in which function and body, and at which line if the plan knows it."""

    def __init__(self, why: str, frame: "Frame") -> None:
        super().__init__(why)
        self.why = why
        self.function = frame.function
        self.body = frame.body
        self.line = frame.line


class Frame:
    """`origins` are the paths of those locals that are parts of the input; `reads` are the paths read on the way."""

    def __init__(self, strings: tuple[str, ...], record: Record, function: ir.Function | None = None) -> None:
        self.function = function
        self.record = record
        self.values: dict[int, Value] = {}
        self.origins: dict[int, Path] = {}
        self.reads: list[Path] = []
        self.results: list[Value] = []
        self.body = 0
        self.line: Line | None = None
        self.strings = strings

    def enter(self, body: int) -> None:
        """The next block of the function begins."""
        self.body, self.reads, self.line = body, [], None

    def value(self, operand: ir.AnyOperand) -> MaybeValue:
        if isinstance(operand, ir.Local):
            return self.values.get(operand.value, msgspec.UNSET)
        return self.strings[operand.value] if isinstance(operand, ir.Text) else operand.value

    def string(self, number: int) -> str:
        return self.strings[number]

    def origin(self, operand: ir.AnyOperand) -> Path | None:
        return self.origins.get(operand.value) if isinstance(operand, ir.Local) else None

    def assign(self, target: int, value: MaybeValue, origin: Path | None = None) -> int:
        """DONE, or UNDEFINED for a value that is not there."""
        if value is msgspec.UNSET:
            return UNDEFINED
        self.values[target] = value
        self.origins.pop(target, None)
        if origin is not None:
            self.origins[target] = origin
        return DONE

    def holds(self, statement: ir.Statement) -> None:
        """A statement gave its value to what it builds, perhaps to the rule."""
        if self.function is not None:
            self.record.holds(self.function, statement, self.reads)
