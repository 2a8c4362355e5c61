"""What the embedded engine would take without a word and get wrong is refused here, before any request.

rego-cpp compiles policies that real OPA refuses (variables that nothing binds, functions that do not exist, rules that
need themselves); such a rule is undefined, so a denial would quietly never fire. And `with` over a whole input can end
the process (see ADR 0003). This module reads texts and plans; it runs nothing.

The plan is OPA's intermediate representation: https://www.openpolicyagent.org/docs/ir
"""

import graphlib
import re
from collections.abc import Callable, Iterator
from typing import Final

from guard.errors import ConfigError
from guard.policy.fault import at
from guard.policy.plan import Function, Plan, Statement
from guard.policy.source import Module

_TOKEN: Final = re.compile(r'`[^`]*`|"(?:\\.|[^"\\\n])*"|#[^\n]*|(?<![\w.])with(?P<whole>\s+input\s+as)?(?!\w)')
_FORBIDDEN: Final = {
    "internal.print": "print writes to the process's output, where names that clients choose do not belong: remove it",
    "opa.runtime": "opa.runtime reads the process's environment, where secrets lie: use data.json",
}


def check_text(module: Module) -> None:
    """Refuses `with` where the engine can't be trusted with it. Raises ConfigError."""
    for token in _TOKEN.finditer(module.text):
        if not token[0].startswith("with") or (module.is_test and not token["whole"]):
            continue
        line = module.text.count("\n", 0, token.start()) + 1
        if module.is_test:
            raise at(module.name, line, "`with input as` can't be run: set each field, `with input.model as …`")
        raise at(module.name, line, "`with` is for tests: pass the value to a function instead")


def check_plan(plan: Plan, entrypoints: tuple[str, ...], is_builtin: Callable[[str], bool]) -> None:
    """Refuses missing entry points, unknown functions, unbound variables and rules that need themselves."""
    names = {function.name for function in plan.functions}
    for entrypoint in entrypoints:
        rule = "data." + entrypoint.replace("/", ".")
        if not any(name.endswith("." + rule) or f".{rule}." in name for name in names):
            raise ConfigError(f"the policy has no rule {rule}: write one, it is what every request asks for")
    for function in plan.functions:
        for statement in function.statements:
            _check_call(plan, statement, names, is_builtin)
        _check_variables(plan, function)
    _check_recursion(plan)


def _check_call(plan: Plan, statement: Statement, names: set[str], is_builtin: Callable[[str], bool]) -> None:
    name = statement.calls
    if not name or name in names:
        return
    if name in _FORBIDDEN:
        raise plan.fault(statement, _FORBIDDEN[name])
    if not is_builtin(name):
        raise plan.fault(statement, f"there is no function {name} here: correct its name, or do without it")


def _check_variables(plan: Plan, function: Function) -> None:
    bound = set(function.bound)
    for statement in function.statements:
        bound |= statement.writes
    for statement in function.statements:
        if statement.reads - bound:
            raise plan.fault(statement, "a variable here has no value: correct its name, or bind it with := or some")


def _check_recursion(plan: Plan) -> None:
    graph = {function.name: set(_callees(function)) for function in plan.functions}
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        rule = str(error.args[1][0]).partition(".")[2]
        raise ConfigError(f"the rule {rule} needs itself: break the circle") from None


def _callees(function: Function) -> Iterator[str]:
    return (statement.calls for statement in function.statements if statement.calls)
