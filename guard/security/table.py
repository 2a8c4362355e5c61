"""Every pattern of the security engine: secrets, and the rules beside the models.

A detector is one file, one line here, one table of tests.
"""

from typing import Final

from guard.scan.pattern import Pattern
from guard.security import (
    aws,
    basic_auth,
    chat_template,
    dangerous_code,
    exfil_link,
    github,
    google,
    jwt,
    keyed_password,
    openai,
    private_key,
    slack,
    url_credentials,
)
from guard.security.secret import table as secret

SECRETS: Final[tuple[Pattern, ...]] = (
    *aws.PATTERNS,
    *github.PATTERNS,
    *slack.PATTERNS,
    *openai.PATTERNS,
    *google.PATTERNS,
    *jwt.PATTERNS,
    *private_key.PATTERNS,
    *basic_auth.PATTERNS,
    *url_credentials.PATTERNS,
    *keyed_password.PATTERNS,
    *secret.PATTERNS,
)

RULES: Final[tuple[Pattern, ...]] = (
    *chat_template.PATTERNS,
    *exfil_link.PATTERNS,
    *dangerous_code.PATTERNS,
)

PATTERNS: Final[tuple[Pattern, ...]] = (*SECRETS, *RULES)
