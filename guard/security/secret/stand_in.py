"""What stands where a secret belongs and is none: variables, placeholders, examples, what is blotted out.

It never judges whether a secret is strong or in force.
"""

import re
from typing import Final

from guard.security.placeholder import is_reference

_MEANT: Final = re.compile(
    r"example|change[_\-]?(?:me|it|this)|place[_\-]?holder|your|insert|replace|dummy|sample|redacted|removed|hidden|omitted"
    r"|xxx|\*\*\*|\.\.\.|fake|mock|test|foo|bar\b|todo|fixme|none|null|undefined|default|passw(?:or)?d|passwort|secret"
    r"|token|api_?key|credential|admin123|qwerty|letmein|1234567|abcdef|abc123|lorem|demo|string|value|masked|encrypted"
    r"|invalid|wrong|correct|incorrect",
    re.IGNORECASE,
)
_VARIABLE: Final = re.compile(
    r"\A\$\w|\$[{(]|[%#@]\{|\{\{|\}\}|%\(|\A%[sdvq]\b|%\w+%|<|process\.env|os\.(?:environ|getenv)|getenv|env[.(\[]|secrets?[.\[]"
    r"|vars?\.|config[.\[]|self\.|this\.|ref\+|vault:|\!(?:Ref|Sub|vault)|\\[ux]|&[a-z]+;|\{[\w.]*\}|arn:|data:"
)


def is_stand_in(value: str) -> bool:
    """Whether a value is a variable, or says itself that it is a placeholder."""
    return is_reference(value) or _MEANT.search(value) is not None or _VARIABLE.search(value) is not None
