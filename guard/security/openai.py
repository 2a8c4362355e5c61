"""OpenAI's API keys: of a user (`sk-…`), a project, a service account or an administrator.

Source: platform.openai.com, "API keys" and "Admin API keys". Other vendors use the bare `sk-` as well; a key of theirs
in the same form is found under this name.
"""

from typing import Final

from guard.scan.pattern import Pattern, whole
from guard.security.placeholder import is_varied

_LEAST_VARIETY: Final = 10
"""More than the scope's name and a filler character have together."""


def _is_key(text: str) -> bool:
    return is_varied(text[3:], _LEAST_VARIETY)


PATTERNS: Final[tuple[Pattern, ...]] = (
    Pattern(
        type="SECRET_OPENAI_KEY",
        rule="openai_key",
        body=r"sk-[0-9A-Za-z]{32}[0-9A-Za-z]*",
        not_after="0-9A-Za-z",
        score=0.95,
        validate=whole(_is_key),
    ),
    Pattern(
        type="SECRET_OPENAI_KEY",
        rule="openai_scoped_key",
        body=r"sk-(?:proj|svcacct|admin|None)-[0-9A-Za-z_\-]{20}[0-9A-Za-z_\-]*",
        not_after="0-9A-Za-z",
        score=0.98,
        validate=whole(_is_key),
    ),
)
