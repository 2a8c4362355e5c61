"""What a module's text holds: its package, its rules, and the expressions of their bodies, each with its lines.

The compiled plan tells for most statements where they come from, but not for the heads of rules nor for constants; the
text does. It is read as Rego 1 (`if` before a body, `contains` in sets), which is what the engine compiles.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from guard.policy.lexeme import Token, tokens

_OPEN: Final = {"(": ")", "[": "]", "{": "}"}
_CLOSE: Final = frozenset(_OPEN.values())
_OPERATORS: Final = frozenset({*":=+-*/%&|,.<>", ":=", "==", "!=", "<=", ">="})
_JOINING: Final = _OPERATORS | {"if", "in", "contains", "and", "or", "not", "with", "as", "some", "every", "default"}
"""A line that ends with one of these goes on in the next."""

_CONTINUING: Final = _OPERATORS | {"if", "in", "with", "as", "else"}
"""A line that begins with one of these continues the line before."""

_HEAD_ENDS: Final = frozenset({":=", "=", "if", "contains", "[", "(", "{"})


class Expression(msgspec.Struct, frozen=True):
    """One expression of a body. Lines count from one, both included."""

    line: int
    end: int


class Rule(msgspec.Struct, frozen=True):
    """One rule, or one `else` branch of one. `expressions` are those of its body and of bodies inside, in order."""

    name: str
    line: int
    end: int
    expressions: tuple[Expression, ...] = ()
    is_default: bool = False


class Import(msgspec.Struct, frozen=True):
    """An import: its path with dots, as `data.guard.settings`."""

    path: str
    line: int


class Outline(msgspec.Struct, frozen=True):
    """A module."""

    package: str
    rules: tuple[Rule, ...]
    imports: tuple[Import, ...] = ()


class Clause(msgspec.Struct, frozen=True):
    """One rule or one `else` branch in tokens: the head up to `if`, the body within its braces, what follows it."""

    name: str
    head: tuple[Token, ...]
    body: tuple[Token, ...]
    rest: tuple[Token, ...]
    end: int
    is_default: bool

    @property
    def line(self) -> int:
        """The line that it begins on."""
        return self.head[0].line

    @property
    def is_function(self) -> bool:
        """Whether its head has arguments. An `else` branch shows none."""
        first = next((token.text for token in self.head if token.text in _HEAD_ENDS), "")
        return first == "(" and self.head[0].text != "else"


def outline(text: str) -> Outline:
    """The outline of a module that compiles."""
    package = ""
    imports: list[Import] = []
    for group in _split(list(tokens(text))):
        if group[0].text == "package":
            package = "".join(token.text for token in group[1:])
        elif group[0].text == "import":
            path = [token.text for token in group[1:]]
            imports.append(Import("".join(path[: path.index("as")] if "as" in path else path), group[0].line))
    return Outline(package, tuple(map(_rule, clauses(text))), tuple(imports))


def clauses(text: str) -> Iterator[Clause]:
    """The rules of a module and their `else` branches, in tokens."""
    for group in _split(list(tokens(text))):
        if group[0].text in ("package", "import"):
            continue
        default = group[0].text == "default" and len(group) > 2 and group[1].text not in _HEAD_ENDS
        name = _name(group[1:] if default else group)
        for branch in _branches(group):
            yield _clause(name, branch, is_default=default)


def expressions(clause: Clause) -> Iterator[list[Token]]:
    """The expressions of a body, and of the bodies inside it and inside the head, in tokens."""
    yield from _nested(clause.head)
    yield from _expressions(clause.body)


def _rule(clause: Clause) -> Rule:
    found = tuple(Expression(one[0].line, one[-1].last_line) for one in expressions(clause) if not _declares(one))
    return Rule(clause.name, clause.line, clause.end, found, clause.is_default)


def _declares(expression: Sequence[Token]) -> bool:
    """`some i` alone does nothing."""
    return expression[0].text == "some" and not any(token.text == "in" for token in expression)


def _name(group: Sequence[Token]) -> str:
    name = []
    for token in group:
        if token.text in _HEAD_ENDS:
            break
        name.append(token.text)
    return "".join(name)


def _branches(group: Sequence[Token]) -> list[list[Token]]:
    """A rule and its `else` branches."""
    branches: list[list[Token]] = [[]]
    for depth, token in _depths(group):
        if depth == 0 and token.text == "else" and branches[-1]:
            branches.append([])
        branches[-1].append(token)
    return branches


def _clause(name: str, branch: Sequence[Token], *, is_default: bool) -> Clause:
    number = next(
        (at for at, (depth, one) in enumerate(_depths(branch)) if depth == 0 and one.text == "if"), len(branch)
    )
    head, body, rest = branch[:number], branch[number + 1 :], branch[:0]
    if body and body[0].text == "{":
        end = _closing(body, 0)
        body, rest = body[1:end], body[end + 1 :]
    return Clause(name, tuple(head), tuple(body), tuple(rest), branch[-1].last_line, is_default)


def _expressions(body: Sequence[Token]) -> Iterator[list[Token]]:
    for one in _split(body):
        yield one
        yield from _nested(one, every=one[0].text == "every")


def _nested(part: Sequence[Token], *, every: bool = False) -> Iterator[list[Token]]:
    """The expressions of comprehensions in a part, and of the body of an `every`."""
    number = 0
    while number < len(part):
        if part[number].text in _OPEN:
            end = _closing(part, number)
            inside = part[number + 1 : end]
            bar = next((at for at, (depth, one) in enumerate(_depths(inside)) if depth == 0 and one.text == "|"), None)
            if every and end == len(part) - 1 and part[number].text == "{":
                yield from _expressions(inside)
            elif bar is not None and part[number].text != "(":
                yield from _nested(inside[:bar])
                yield from _expressions(inside[bar + 1 :])
            else:
                yield from _nested(inside)
            number = end
        number += 1


def _split(part: Sequence[Token]) -> Iterator[list[Token]]:
    """Cuts at ends of lines and semicolons, where nothing is open and no operator joins."""
    one: list[Token] = []
    for depth, token in _depths(part):
        ends = token.text == ";" or (token.first and one and _parts(one[-1], token))
        if depth == 0 and ends and one:
            yield one
            one = []
        if depth > 0 or token.text != ";":
            one.append(token)
    if one:
        yield one


def _parts(before: Token, after: Token) -> bool:
    return before.text not in _JOINING and after.text not in _CONTINUING


def _depths(part: Sequence[Token]) -> Iterator[tuple[int, Token]]:
    """Each token with the number of brackets that are open before it; a closing bracket counts as inside."""
    depth = 0
    for token in part:
        yield depth, token
        if token.text in _OPEN:
            depth += 1
        elif token.text in _CLOSE:
            depth -= 1


def _closing(part: Sequence[Token], opening: int) -> int:
    depth = 0
    for number in range(opening, len(part)):
        depth += (part[number].text in _OPEN) - (part[number].text in _CLOSE)
        if depth == 0:
            return number
    return len(part) - 1
