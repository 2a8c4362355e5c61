"""Rego's tokens with their lines, as far as rules and expressions are to be told apart.

Knows strings, raw strings, comments, words, numbers and signs. It judges nothing: a policy that comes here compiles.
"""

import re
from collections.abc import Iterator
from typing import Final

import msgspec

_TOKEN: Final = re.compile(
    r"(?P<blank>[^\S\n]+|\#[^\n]*)"
    r"|(?P<newline>\n)"
    r"|(?P<string>\"(?:\\.|[^\"\\\n])*\"|`[^`]*`)"
    r"|(?P<word>[^\W\d]\w*|\d[\w.]*)"
    r"|(?P<sign>:=|==|!=|<=|>=|.)"
)


class Token(msgspec.Struct, frozen=True):
    """One token; lines count from one. `first` tells whether it is the first of its line."""

    text: str
    line: int
    first: bool
    last_line: int


def tokens(text: str) -> Iterator[Token]:
    """The tokens of a module, comments and blanks aside."""
    line, first = 1, True
    for found in _TOKEN.finditer(text):
        if found["newline"]:
            line, first = line + 1, True
        elif not found["blank"]:
            last = line + found[0].count("\n")
            yield Token(found[0], line, first, last)
            line, first = last, False
