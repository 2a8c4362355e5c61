"""Google's API keys (`AIza…`).

Source: docs.cloud.google.com, "Manage API keys". Some of these keys are meant to stand in public web pages; whether
one is cannot be seen here. Service accounts show by their private key.
"""

from typing import Final

from guard.scan.pattern import Pattern, whole
from guard.security.placeholder import is_varied


def _is_key(text: str) -> bool:
    return is_varied(text[4:], 8)


PATTERNS: Final[tuple[Pattern, ...]] = (
    Pattern(
        type="SECRET_GOOGLE_API_KEY",
        rule="google_api_key",
        body=r"AIza[0-9A-Za-z_\-]{35}",
        not_after="0-9A-Za-z",
        not_before="0-9A-Za-z_",
        score=0.97,
        validate=whole(_is_key),
    ),
)
