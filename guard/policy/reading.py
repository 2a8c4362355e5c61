"""What a policy reads of its input, and whether the same input always gives the same answer.

Rego reaches the input by the word `input` alone, so the text tells: a fact that no rule names need not be handed over,
and what does not differ in the facts that are read is decided alike. Strings count as text, which errs on the side of
reading more.
"""

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from guard.core.facts import RequestFacts
from guard.policy.source import Module

_INPUT: Final = re.compile(r"\binput\b(?:\.([A-Za-z_]\w*))?")
_COMMENT_OR_STRING: Final = re.compile(r'#[^\n]*|`[^`]*`|"(?:\\.|[^"\\\n])*"')
_TEMPLATE: Final = re.compile(r'\$["`]')
_LANGUAGE: Final = re.compile(r"\blanguage\b")
_TEXTS: Final = re.compile(r"^#\s+reads_texts:\s*true\s*$", re.MULTILINE)
_CHANGING: Final = re.compile(r"\b(?:time\.now_ns|rand\.\w+|uuid\.\w+|opa\.runtime|http\.send|net\.lookup\w*)")


def fields_read(modules: Sequence[Module], facts: type[msgspec.Struct] = RequestFacts) -> tuple[str, ...]:
    """The members of the input that any module names, in the input's order; all of them if one reads it whole."""
    everything = facts.__struct_fields__
    named = {match.group(1) for module in modules for match in _INPUT.finditer(_code(module))}
    return everything if None in named else tuple(name for name in everything if name in named)


def costly_reads(modules: Sequence[Module]) -> frozenset[str]:
    """Which facts that cost something to learn are read: members of the request's facts, and what messages can tell.

    `messages.text` is among them only if a module's annotations say `reads_texts: true` under `custom`.
    """
    found = set(fields_read(modules))
    if "messages" in found and any(_LANGUAGE.search(module.text) for module in modules):
        found.add("messages.language")
    if "messages" in found and any(_TEXTS.search(module.text) for module in modules):
        found.add("messages.text")
    return frozenset(found)


def is_repeatable(modules: Sequence[Module]) -> bool:
    """Whether the answer depends on nothing but the input and the data."""
    return not any(_CHANGING.search(module.text) for module in modules)


def _code(module: Module) -> str:
    """A module's text without its comments; whole where strings hold rules, since `#` may stand in those."""
    if _TEMPLATE.search(module.text):
        return module.text
    return _COMMENT_OR_STRING.sub(lambda found: "" if found[0].startswith("#") else found[0], module.text)
