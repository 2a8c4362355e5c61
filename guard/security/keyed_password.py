"""Passwords that are known by their key: `"password": "hunter2x"`, in JSON, YAML, code and markup, in quotes.

A value that refers to a password or describes one is none (`${DB_PASSWORD}`, `"string"`, `"at least 8 characters"`). It
can't see passwords of one plain word in lower case, nor any without quotes.
"""

import re
from typing import Final

from guard.scan.key import keyed_text
from guard.scan.pattern import Pattern
from guard.security.placeholder import is_reference, is_varied

_DESCRIBES: Final = re.compile(r"[A-Za-z_\-]*(?:password|passwort|secret|string|required|null|none)[A-Za-z_\-]*", re.I)
_PLAIN: Final = re.compile(r"[a-z]+|[A-Z]?[a-z]+(?:[ _.\-][a-z]+)*[.:!?]?|[A-Z_]+")
_SPACE: Final = re.compile(r"\s")


def _password(text: str) -> int:
    if len(text) < 4 or is_reference(text) or _SPACE.search(text) or text[0] in "<{$[%":
        return 0
    if _PLAIN.fullmatch(text) or _DESCRIBES.fullmatch(text) or not is_varied(text, 3):
        return 0
    return len(text)


PATTERNS: Final[tuple[Pattern, ...]] = (
    keyed_text(
        "SECRET_PASSWORD",
        "keyed_password",
        "password passwd pass_phrase pwd user_password db_password admin_password root_password",
        _password,
        0.85,
        128,
    ),
)
