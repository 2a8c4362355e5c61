"""What only looks like a secret: the stand-ins that manuals and templates put where a secret belongs.

It never judges whether a secret is genuine, strong or in force.
"""

import re
from typing import Final

_LEAST_VARIETY: Final = 6
"""Different characters that a random token of twenty or more has with near certainty."""

_REFERENCE: Final = re.compile(r"\$\w+|\$?\{+[^{}]*\}+|\$\([^()]*\)|%\w+%|\[[^\[\]]*\]|[*.x#-]*", re.IGNORECASE)


def is_varied(text: str, least: int = _LEAST_VARIETY) -> bool:
    """Whether a token has as many different characters as chance would give it (`xxxxxxxx` has not)."""
    return len(set(text)) >= least


def is_reference(text: str) -> bool:
    """Whether a password is a variable (`$PASSWORD`, `${PASSWORD}`, `{{ password }}`) or is blotted out (`***`)."""
    return _REFERENCE.fullmatch(text) is not None
