"""What the embedded engine would take without a word and get wrong is refused here, before any request.

rego-cpp compiles policies that real OPA refuses (variables that nothing binds, functions that do not exist, rules that
need themselves); such a rule is undefined, so a denial would quietly never fire. And `with` over a whole input can end
the process (see ADR 0003). This module reads texts and plans; it runs nothing.

The plan is OPA's intermediate representation: https://www.openpolicyagent.org/docs/ir
"""

import graphlib
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from guard.errors import ConfigError
from guard.policy.builtin import lacking, misused, refused
from guard.policy.fault import at
from guard.policy.outline import outline
from guard.policy.plan import Function, Plan, Statement
from guard.policy.source import Module
from guard.policy.unbound import unbound

_TOKEN: Final = re.compile(r'`[^`]*`|"(?:\\.|[^"\\\n])*"|#[^\n]*|(?<![\w.])with(?P<whole>\s+input\s+as)?(?!\w)')


def check_text(module: Module) -> None:
    """Refuses calls and `with` where the engine can't be trusted with them. Raises ConfigError."""
    for line, message in misused(module.text):
        raise at(module.name, line, message)
    for token in _TOKEN.finditer(module.text):
        if not token[0].startswith("with") or (module.is_test and not token["whole"]):
            continue
        line = module.text.count("\n", 0, token.start()) + 1
        if module.is_test:
            raise at(module.name, line, "`with input as` can't be run: set each field, `with input.model as …`")
        raise at(module.name, line, "`with` is for tests: pass the value to a function instead")


def check_plan(
    plan: Plan, entrypoints: tuple[str, ...], is_builtin: Callable[[str], bool], modules: Sequence[Module]
) -> None:
    """Refuses missing entry points, unknown functions, unbound variables and rules that need themselves."""
    names = {function.name for function in plan.functions}
    for entrypoint in entrypoints:
        rule = "data." + entrypoint.replace("/", ".")
        if not any(name.endswith("." + rule) or f".{rule}." in name for name in names):
            raise ConfigError(f"the policy has no rule {rule}: {_elsewhere(rule, modules)}")
    for function in plan.functions:
        for statement in function.statements:
            _check_call(plan, function, statement, names, is_builtin)
        _check_variables(plan, function, modules)
    _check_recursion(plan)


def _elsewhere(rule: str, modules: Sequence[Module]) -> str:
    """The cure for an entry point that is not there: another package may have meant to be it."""
    name = rule.rpartition(".")[2]
    for module in modules:
        one = outline(module.text)
        if not module.is_test and any(found.name == name for found in one.rules):
            return f"{module.name} has data.{one.package}.{name}, so correct its package"
    return "write one, it is what every request asks for"


def _check_call(
    plan: Plan, function: Function, statement: Statement, names: set[str], is_builtin: Callable[[str], bool]
) -> None:
    name = statement.calls
    if not name or name in names:
        return
    if message := refused(name) or ("" if is_builtin(name) else lacking(name)):
        raise plan.fault(function, statement, message)
    takes = plan.builtins.get(name, statement.arguments)
    if takes != statement.arguments:
        given = f"{statement.arguments} are given" if statement.arguments != 1 else "1 is given"
        raise plan.fault(function, statement, f"{name} takes {takes} arguments, and {given}: correct the call")


def _check_variables(plan: Plan, function: Function, modules: Sequence[Module]) -> None:
    bound = set(function.bound)
    for statement in function.statements:
        bound |= statement.writes
    for statement in function.statements:
        if statement.reads - bound:
            place = plan.place(function, statement)
            if place is None:
                raise ConfigError("policy: a variable has no value: correct its name, or bind it with := or some")
            raise at(place[0], *unbound(modules, *place))


def _check_recursion(plan: Plan) -> None:
    graph = {function.name: set(_callees(function)) for function in plan.functions}
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        circle = [str(name) for name in error.args[1]]
        function = next(one for one in plan.functions if one.name == circle[0])
        way = " needs ".join(name.partition(".")[2].removeprefix("data.") for name in circle)
        raise plan.fault(function, function.statements[0], f"a rule needs itself ({way}): break the circle") from None


def _callees(function: Function) -> Iterator[str]:
    return (statement.calls for statement in function.statements if statement.calls)
