"""What the Rego engine says of a policy that it can't compile, in words an operator can act on.

rego-cpp prints a syntax tree of errors, each with its module, its byte offset and a message; it knows a module by its
number in the source (see `program.py`). Only errors of compilation
come here: those of a decision may quote the request.
"""

import re
from collections.abc import Sequence
from typing import Final

from guard.errors import ConfigError
from guard.policy.cure import cure
from guard.policy.source import Module

_ERROR: Final = re.compile(r"\(error \d+:(?P<module>\d+)\|(?P<offset>\d+)\|\d+\s*\(errormsg \d+:(?P<message>[^\n]*)\)")


def refusal(printed: str, modules: Sequence[Module]) -> ConfigError:
    """The first error that the engine printed, with its file and line where they are known."""
    found = _ERROR.search(printed)
    if found is None or int(found["module"]) >= len(modules):
        return ConfigError("the policy does not compile and the engine does not say where: undo the last change")
    module = modules[int(found["module"])]
    line = module.text.encode()[: int(found["offset"])].count(b"\n") + 1
    message = found["message"].strip().rstrip(".")
    return at(module.name, line, f"{message}: {cure(message, module.text.splitlines()[line - 1 : line + 1])}")


def at(file: str, line: int, message: str) -> ConfigError:
    """An error at a place. Lines count from one."""
    return ConfigError(f"{file}: line {line}: {message}")
