"""What a run leaves behind: the lines that ran, the rules that held and what they read, where others stopped."""

from typing import Final

import msgspec

from guard.policy.trace.ir import Function, Statement
from guard.policy.trace.value import Value, ident

Path = tuple[Value, ...]
Line = tuple[int, int]
"""File and row, both from zero, as the plan has them."""

_MOST_PATHS: Final = 200


class Held(msgspec.Struct, frozen=True):
    """A statement that gave what it builds a value: its function, and the paths of the input read on the way."""

    function: Function
    statement: Statement
    reads: tuple[Path, ...]


class Record:
    """Filled while a plan runs: lines, statements that gave a value, and the farthest line of each rule's bodies."""

    def __init__(self) -> None:
        self.lines: set[Line] = set()
        self.held: dict[int, Held] = {}
        self.stops: dict[str, Line] = {}

    def ran(self, line: Line) -> None:
        """A statement of this line runs."""
        self.lines.add(line)

    def holds(self, function: Function, statement: Statement, reads: list[Path]) -> None:
        """A statement gave a value; for the same statement the paths add up."""
        before = self.held.get(id(statement))
        known = before.reads if before else ()
        if before is None or len(known) < _MOST_PATHS:
            self.held[id(statement)] = Held(function, statement, longest((*known, *reads)))

    def stopped(self, function: Function, line: Line | None) -> None:
        """A body of a function came no further than a line."""
        if line is not None:
            name = bare(function.name)
            self.stops[name] = max(self.stops.get(name, line), line)


def bare(name: str) -> str:
    """A function's name without the mark of its copy: the compiler copies rules for each `with`."""
    return name.partition(".")[2].removeprefix("data.")


def spelled(path: Path) -> str:
    """`input.findings[0].type`"""
    return "input" + "".join(f".{key}" if isinstance(key, str) else f"[{key}]" for key in path)


def longest(paths: tuple[Path, ...]) -> tuple[Path, ...]:
    """Each path once, in order, without those that only lead to longer ones."""
    unique = {ident(list(path)): path for path in paths}
    leading = {ident(list(path[:end])) for path in unique.values() for end in range(len(path))}
    return tuple(path for key, path in unique.items() if key not in leading)
