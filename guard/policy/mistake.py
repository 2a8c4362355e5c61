"""Mistakes that the engine compiles, and then does something else than was meant. Found in a module's text.

Rego of OPA's 0.x versions, `elif`, an assignment to a part of the input: real OPA refuses them, rego-cpp makes other
rules of them, and a denial would quietly never fire. A misspelt import or member of the input does no better.
"""

import difflib
from collections.abc import Collection, Iterator, Sequence
from typing import Final

import msgspec

from guard.policy.fault import at
from guard.policy.lexeme import Token, tokens
from guard.policy.outline import Clause, Outline, clauses, expressions, outline
from guard.policy.source import Module

_BEFORE_BRACE: Final = frozenset({*":=+-*/%&|,.<>([{", ":=", "==", "!=", "<=", ">=", "contains", "in"})
"""After one of these a brace opens a value; after anything else it opens a body, which wants `if`."""

_BYTE_ORDER_MARK: Final = "\ufeff"


def check_beginning(module: Module) -> None:
    """Refuses a module that does not begin with its package, before the engine sees it. Raises ConfigError."""
    if module.text.startswith(_BYTE_ORDER_MARK):
        raise at(module.name, 1, "begins with a byte order mark: save it as UTF-8 without one")
    first = next(tokens(module.text), None)
    if first is None or first.text != "package":
        example = "package guard_test" if module.is_test else "package guard"
        raise at(module.name, first.line if first else 1, f"names no package: begin it with `{example}`")


def check_rules(modules: Sequence[Module], data: str) -> None:
    """Refuses rules that mean something else than they seem to, and imports of nothing. Raises ConfigError."""
    outlines = [outline(module.text) for module in modules]
    for module in modules:
        for clause in clauses(module.text):
            _check_body(module, clause)
            _check_assignments(module, clause)
    _check_kinds(modules)
    _check_imports(modules, outlines, data)


def _check_body(module: Module, clause: Clause) -> None:
    before: Token | None = None
    depth = 0
    for token in clause.head:
        if depth == 0 and token.text == "{" and before is not None and before.text not in _BEFORE_BRACE:
            raise at(module.name, clause.line, f"a body needs `if` before it: write {_with_if(clause)}")
        depth += (token.text in "([{") - (token.text in ")]}")
        before = token
    if clause.rest:
        after = clause.rest[0]
        cure = {
            "elif": "there is no elif: write `} else := VALUE if {`",
            "{": "a rule has one body: write a second rule of the same name",
        }.get(after.text, "nothing may follow a body on its line: begin a new line")
        raise at(module.name, after.line, cure)


def _with_if(clause: Clause) -> str:
    if clause.head[0].text == "else":
        return "`else := VALUE if {`"
    second = clause.head[1].text if len(clause.head) > 1 else ""
    if second == "[":
        return f"`{clause.name} contains ITEM if {{` for a set, `{clause.name}[KEY] := VALUE if {{` for an object"
    return f"`{clause.name} … if {{`"


def _check_assignments(module: Module, clause: Clause) -> None:
    for expression in expressions(clause):
        path = [expression[0].text]
        for token in expression[1:]:
            if token.text == ":=" and len(path) > 1 and path[0][0] not in "[{":
                name = "".join(path)
                raise at(module.name, token.line, f"`:=` makes a variable, and {name} is none: compare with `==`")
            if token.text in (":=", "=", "==", "in"):
                break
            path.append(token.text)


def _check_kinds(modules: Sequence[Module]) -> None:
    """Two defaults of one name, or a rule and a function of one name."""
    defaults: set[str] = set()
    kinds: dict[str, bool] = {}
    for module in modules:
        package = outline(module.text).package
        for clause in clauses(module.text):
            name = f"{package}.{clause.name}"
            if clause.head[0].text == "else":
                continue
            if clause.is_default and name in defaults:
                raise at(module.name, clause.line, f"{name} has a second default: keep one of them")
            if clause.is_default:
                defaults.add(name)
            elif kinds.setdefault(name, clause.is_function) != clause.is_function:
                raise at(module.name, clause.line, f"{name} is a rule and a function: give one of them another name")


def _check_imports(modules: Sequence[Module], outlines: Sequence[Outline], data: str) -> None:
    known = {path for one in outlines for path in _paths(one)} | set(_members("data", msgspec.json.decode(data)))
    for module, one in zip(modules, outlines, strict=True):
        for found in one.imports:
            path = found.path.replace('["', ".").replace('"]', "")
            if path.startswith("data.") and path not in known:
                raise at(module.name, found.line, f"nothing here is {path}: {nearest(path, known)}")


def _paths(one: Outline) -> Iterator[str]:
    """Packages, what they are in, and their rules."""
    parts = one.package.replace('["', ".").replace('"]', "").split(".")
    for end in range(len(parts)):
        yield ".".join(["data", *parts[: end + 1]])
    for rule in one.rules:
        names = rule.name.split(".")
        for end in range(len(names)):
            yield ".".join(["data", *parts, *names[: end + 1]])


def _members(path: str, value: object) -> Iterator[str]:
    yield path
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _members(f"{path}.{name}", item)


def nearest(name: str, known: Collection[str]) -> str:
    """The cure for a name that is not known."""
    near = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {near[0]}?" if near else "correct its name, or add what it is to name"
