"""Members of the input that a policy names and Guard never sends: such a rule is undefined and never fires.

Looks at paths that are written out, as `input.identity.tier` or `input.findings[_].type`, in the packages that Guard
asks (`guard` and below). What a variable stands for it does not know: `opa check --schema` does.
"""

import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from guard.core.admin_facts import AdminFacts
from guard.core.answer_facts import AnswerFacts
from guard.core.facts import RequestFacts
from guard.core.tool_facts import ToolFacts
from guard.policy.fault import at
from guard.policy.lexeme import Token, tokens
from guard.policy.mistake import nearest
from guard.policy.outline import outline
from guard.policy.source import Module

_PACKAGE: Final = "guard"
_FACTS: Final = (RequestFacts, AnswerFacts, ToolFacts, AdminFacts)
"""What the entry points are asked with."""


def check_input(module: Module) -> None:
    """Refuses a path that none of the entry points' facts has. Raises ConfigError with the line."""
    package = outline(module.text).package
    if module.is_test or (package != _PACKAGE and not package.startswith(f"{_PACKAGE}.")):
        return
    for path in _paths(list(tokens(module.text))):
        complaints = [_unknown(kind, path[1:]) for kind in _FACTS]
        if all(complaints):
            # The facts that know most of the path know best what was meant.
            number, known = max((complaint for complaint in complaints if complaint), key=lambda one: one[0])
            name = "".join(_spelled(path[: number + 2]))
            raise at(module.name, path[0].line, f"Guard sends no {name}: {nearest(path[number + 1].text, known)}")


def _paths(found: Sequence[Token]) -> Iterator[list[Token]]:
    """Each `input` with the names after it; an index is a `[`."""
    for number, token in enumerate(found):
        if token.text == "input" and (number == 0 or found[number - 1].text != "."):
            yield [token, *_steps(found, number + 1)]


def _steps(found: Sequence[Token], number: int) -> Iterator[Token]:
    while number + 1 < len(found):
        if found[number].text == ".":
            yield found[number + 1]
            number += 2
        elif found[number].text == "[" and not found[number].first:
            yield found[number]
            number = _after(found, number)
        else:
            return


def _after(found: Sequence[Token], number: int) -> int:
    depth = 0
    for at_, token in enumerate(found[number:], number):
        depth += (token.text in "([{") - (token.text in ")]}")
        if depth == 0:
            return at_ + 1
    return len(found)


def _unknown(kind: Any, steps: Sequence[Token]) -> tuple[int, tuple[str, ...]] | None:
    """The number of the first step that a type has not, and what it has there; None if it has them all."""
    kinds = [kind]
    for number, step in enumerate(steps):
        structs = [one for one in kinds if isinstance(one, type) and issubclass(one, msgspec.Struct)]
        if len(structs) == len(kinds) and step.text != "[":
            known = tuple(name for struct in structs for name in struct.__struct_fields__)
            if step.text not in known:
                return number, known
            kinds = [part for struct in structs for part in _parts(typing.get_type_hints(struct).get(step.text, Any))]
        elif step.text == "[" and (items := [part for one in kinds for part in _items(one)]):
            kinds = items
        else:
            return None
    return None


def _parts(kind: Any) -> Iterator[Any]:
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        yield from (part for part in typing.get_args(kind) if part is not type(None))
    elif typing.get_origin(kind) is typing.Annotated:
        yield from _parts(typing.get_args(kind)[0])
    else:
        yield kind


def _items(kind: Any) -> Iterator[Any]:
    if typing.get_origin(kind) is tuple:
        yield from _parts(typing.get_args(kind)[0])
    elif typing.get_origin(kind) in (Mapping, dict):
        yield from _parts(typing.get_args(kind)[1])


def _spelled(path: Sequence[Token]) -> Iterator[str]:
    yield path[0].text
    for step in path[1:]:
        yield "[…]" if step.text == "[" else f".{step.text}"
