"""Which lines of a policy its tests reach, counted as `opa test --coverage` counts them.

A line counts if a rule's head or an expression begins on it, and it is covered if all that begin on it are: a head if
the rule had a value, an expression if it was evaluated. Where the compiler leaves nothing of an expression (`true`), it
is covered with what comes after it. OPA counts a line twice, as covered and as missed, if only one of them was reached;
counts all lines of a long head once the rule held; and does not evaluate what its index of rules rules out.
"""

from collections.abc import Iterator, Sequence, Set

import msgspec

from guard.policy.outline import Expression, Outline, Rule, outline
from guard.policy.source import Module

Spots = Set[tuple[int, int]]
"""Modules' numbers and lines."""


class Ran(msgspec.Struct, frozen=True):
    """The heads that held, the lines of which a statement ran, and all lines of which the plan has a statement."""

    heads: Spots
    lines: Spots
    planned: Spots


class FileCoverage(msgspec.Struct, frozen=True):
    """One module's lines that count, apart by whether they were reached; in order."""

    file: str
    covered: tuple[int, ...]
    missed: tuple[int, ...]


class Coverage(msgspec.Struct, frozen=True):
    """All modules but tests."""

    files: tuple[FileCoverage, ...]

    @property
    def percent(self) -> float:
        """The share of covered lines, 0 to 100; 100 if no line counts."""
        return percent(self.covered, self.missed)

    @property
    def covered(self) -> int:
        """Lines that were reached."""
        return sum(len(file.covered) for file in self.files)

    @property
    def missed(self) -> int:
        """Lines that were not."""
        return sum(len(file.missed) for file in self.files)


def percent(covered: int, missed: int) -> float:
    """A share of lines, 0 to 100; 100 where there are none."""
    return 100.0 * covered / (covered + missed) if covered + missed else 100.0


def coverage(modules: Sequence[Module], ran: Ran) -> Coverage:
    """What was reached."""
    return Coverage(
        tuple(
            _file(module.name, number, outline(module.text), ran)
            for number, module in enumerate(modules)
            if not module.is_test
        )
    )


def _file(name: str, number: int, known: Outline, ran: Ran) -> FileCoverage:
    reached: dict[int, bool] = {}
    for rule in known.rules:
        for line, hit in _rule(number, rule, ran):
            reached[line] = reached.get(line, True) and hit
    covered = tuple(sorted(line for line, hit in reached.items() if hit))
    return FileCoverage(name, covered, tuple(sorted(line for line, hit in reached.items() if not hit)))


def _rule(number: int, rule: Rule, ran: Ran) -> Iterator[tuple[int, bool]]:
    after = (number, rule.line) in ran.heads
    yield rule.line, after
    for expression in reversed(rule.expressions):
        if _any(number, expression, ran.planned):
            after = _any(number, expression, ran.lines)
        yield expression.line, after


def _any(number: int, expression: Expression, spots: Spots) -> bool:
    return any((number, line) in spots for line in range(expression.line, expression.end + 1))
