"""What a policy reads of its input, and whether the same input always gives the same answer.

Rego reaches the input by the word `input` alone, so the text tells: a fact that no rule names need not be handed over,
and what does not differ in the facts that are read is decided alike. Comments and strings count as text too, which
errs on the side of reading more.
"""

import re
from collections.abc import Sequence
from typing import Final

from guard.core.facts import RequestFacts
from guard.policy.source import Module

_INPUT: Final = re.compile(r"\binput\b(?:\.([A-Za-z_]\w*))?")
_CHANGING: Final = re.compile(r"\b(?:time\.now_ns|rand\.\w+|uuid\.\w+|opa\.runtime|http\.send|net\.\w+)")


def fields_read(modules: Sequence[Module]) -> tuple[str, ...]:
    """The members of the input that any module names, in the input's order; all of them if one reads it whole."""
    everything = RequestFacts.__struct_fields__
    named = [match.group(1) for module in modules for match in _INPUT.finditer(module.text)]
    return everything if None in named else tuple(name for name in everything if name in named)


def is_repeatable(modules: Sequence[Module]) -> bool:
    """Whether the answer depends on nothing but the input and the data."""
    return not any(_CHANGING.search(module.text) for module in modules)
