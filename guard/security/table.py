"""Every pattern that finds secrets. A detector is one file, one line here, one table of tests."""

from typing import Final

from guard.scan.pattern import Pattern
from guard.security import (
    aws,
    basic_auth,
    github,
    google,
    jwt,
    openai,
    private_key,
    slack,
    url_credentials,
)

PATTERNS: Final[tuple[Pattern, ...]] = (
    *aws.PATTERNS,
    *github.PATTERNS,
    *slack.PATTERNS,
    *openai.PATTERNS,
    *google.PATTERNS,
    *jwt.PATTERNS,
    *private_key.PATTERNS,
    *basic_auth.PATTERNS,
    *url_credentials.PATTERNS,
)
