"""What a policy changes in a request beside its texts: members by their path, set or taken out."""

import enum
from collections.abc import Mapping
from typing import Final

from guard.core.facts import Scalar


class Removed(enum.Enum):
    """The value of a member that is taken out."""

    REMOVED = "removed"


REMOVED: Final = Removed.REMOVED

Rewrite = Mapping[tuple[str, ...], Scalar | Removed]
"""By path from the request's top: `("temperature",)`, `("nvext", "max_thinking_tokens")`."""

INDISPENSABLE: Final = frozenset({"model", "messages", "prompt", "input", "stream", "stream_options"})
"""Members that make a request what it is, so no list of allowed ones leaves them out."""
