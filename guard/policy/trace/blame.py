"""Where in a policy a wrong decision was written: from what the error names to a line.

The decision is data when it is judged, so its origin is looked for: the word that the error quotes, as a string of a
rule that held, then the key that the error is about: as a rule's name, then as a string in a rule that held.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from guard.policy.lexeme import tokens
from guard.policy.outline import outline
from guard.policy.source import Module
from guard.policy.trace.tracer import Fired

_QUOTED: Final = re.compile(r"`([^`]+)`")
_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")


def blame(message: str, modules: Sequence[Module], held: Sequence[Fired], asked: str) -> tuple[str, int] | None:
    """The file and line of what an error is about: in a rule that held, at last the one that was asked for."""
    texts = {module.name: module.text for module in modules}
    quoted = _QUOTED.findall(message)
    strings = [(rule.file, line, word) for rule in held for line, word in _strings(texts[rule.file], rule)]
    # What the error quotes first is what the policy wrote; what it quotes after that is the cure.
    for word in quoted[:1]:
        for file, line, text in strings:
            if text == word:
                return file, line
    return _by_key(message, modules, held, strings) or next(
        ((rule.file, rule.line) for rule in held if rule.rule == asked), None
    )


def _by_key(
    message: str, modules: Sequence[Module], held: Sequence[Fired], strings: Sequence[tuple[str, int, str]]
) -> tuple[str, int] | None:
    names = _NAME.findall(_QUOTED.sub("", message).removeprefix("policy: "))
    for name in names:
        for rule in held:
            if rule.rule.rpartition(".")[2] == name:
                return rule.file, rule.line
    for name in names:
        for module in modules:
            for one in outline(module.text).rules:
                if one.name == name:
                    return module.name, one.line
    for name in names:
        for file, line, text in strings:
            if text == name:
                return file, line
    return None


def _strings(text: str, rule: Fired) -> Iterator[tuple[int, str]]:
    """The strings of a rule's own lines."""
    for token in tokens(text):
        if rule.line <= token.line <= rule.end and token.text[0] in '"`':
            yield token.line, token.text[1:-1]
