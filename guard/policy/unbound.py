"""Which name on a line has no value: the plan knows variables by numbers only, so the text is asked.

A guess over one rule: a name that is no keyword, rule, import or argument and that nothing in the rule gives a value.
Where several are left, none is named.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from guard.policy.lexeme import Token
from guard.policy.mistake import nearest
from guard.policy.outline import Clause, clauses, outline
from guard.policy.source import Module

_KEYWORDS: Final = frozenset(
    {"input", "data", "true", "false", "null", "_", "some", "every", "in", "not", "with", "as", "if", "else"}
    | {"contains", "default", "import", "package"}
)
_FOREIGN: Final = {"True": "true", "False": "false", "None": "null", "nil": "null", "undefined": "not …"}
_UNKNOWN: Final = "a variable here has no value: correct its name, or bind it with := or some"


def unbound(modules: Sequence[Module], file: str, line: int) -> tuple[int, str]:
    """The line on which a variable has no value, at that line or elsewhere in its rule, and the cause with its cure.

    Lines count from one.
    """
    module = next((one for one in modules if one.name == file), None)
    clause = next((one for one in clauses(module.text) if one.line <= line <= one.end), None) if module else None
    if module is None or clause is None:
        return line, _UNKNOWN
    known = _known(modules, module)
    names = {one.text: one.line for one in _candidates(clause) if one.text not in known}
    here = {name: at for name, at in names.items() if at == line} or names
    if len(here) != 1:
        return line, _UNKNOWN
    ((name, at),) = here.items()
    return at, f"{name} has no value: {_cure(name, known, modules)}"


def _cure(name: str, known: set[str], modules: Sequence[Module]) -> str:
    if name in _FOREIGN:
        return f"write `{_FOREIGN[name]}`"
    packages = [outline(module.text).package for module in modules]
    if package := next((package for package in packages if package.rpartition(".")[2] == name), ""):
        return f"write `import data.{package}` below the package"
    near = nearest(name, known)
    return near if near.startswith("did") else "correct its name, or bind it with := or some"


def _known(modules: Sequence[Module], module: Module) -> set[str]:
    """What a name of this module may stand for outside a rule: rules of its package, and imports."""
    own = outline(module.text)
    outlines = [outline(one.text) for one in modules]
    rules = {rule.name.partition(".")[0] for one in outlines if one.package == own.package for rule in one.rules}
    return rules | {found.path.rpartition(".")[2] for found in own.imports}


def _candidates(clause: Clause) -> Iterator[Token]:
    tokens = [*clause.head, *clause.body]
    bound = set(_bound(tokens)) | (set(_arguments(clause.head)) if clause.is_function else set())
    for number, token in enumerate(tokens):
        before = tokens[number - 1].text if number else ""
        after = tokens[number + 1].text if number + 1 < len(tokens) else ""
        is_name = token.text.isidentifier() and token.text not in _KEYWORDS | bound
        if is_name and number and before not in (".", "default") and after not in ("(", ":="):
            yield token


def _bound(tokens: Sequence[Token]) -> Iterator[str]:
    """Names that `:=`, `=`, `some` or `every` give a value, roughly: all before the sign, all after the word."""
    for number, token in enumerate(tokens):
        if token.text in (":=", "="):
            yield from _backwards(tokens, number)
        elif token.text in ("some", "every"):
            for following in tokens[number + 1 :]:
                if following.text == "in" or following.first:
                    break
                yield following.text


def _backwards(tokens: Sequence[Token], number: int) -> Iterator[str]:
    for token in reversed(tokens[:number]):
        yield token.text
        if token.first or token.text in (";", "{", "|", "if"):
            return


def _arguments(head: Sequence[Token]) -> Iterator[str]:
    for token in head:
        if token.text == ")":
            return
        yield token.text
