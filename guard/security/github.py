"""GitHub's tokens.

Source: docs.github.com, "About authentication to GitHub", token formats: `ghp_` personal, `gho_` OAuth, `ghu_` and
`ghs_` for apps, `ghr_` refresh, `github_pat_` fine-grained. Tokens of 40 hexadecimal digits (before 2021) are not seen.
"""

from typing import Final

from guard.scan.pattern import Pattern, whole
from guard.security.placeholder import is_varied

_LEAST_CHARS: Final = 36
"""Behind the mark. The pattern asks for fewer: counting that far is too much for the automaton."""


def _is_token(text: str) -> bool:
    token = text.partition("_")[2].removeprefix("pat_")
    return len(token) >= _LEAST_CHARS and is_varied(token)


PATTERNS: Final[tuple[Pattern, ...]] = (
    Pattern(
        type="SECRET_GITHUB_TOKEN",
        rule="github_token",
        body=r"gh[oprsu]_[0-9A-Za-z_]{16}[0-9A-Za-z_]*",
        not_after="0-9A-Za-z",
        score=0.98,
        validate=whole(_is_token),
    ),
    Pattern(
        type="SECRET_GITHUB_TOKEN",
        rule="github_fine_grained_token",
        body=r"github_pat_[0-9A-Za-z_]{16}[0-9A-Za-z_]*",
        not_after="0-9A-Za-z",
        score=0.98,
        validate=whole(_is_token),
    ),
)
