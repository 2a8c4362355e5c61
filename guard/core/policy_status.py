"""Which policies serve, as administrators are told."""

import msgspec


class PolicyStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What serves, and what became of the last change.

    `reloads` counts replacements since the start, `refused` bundles that were not taken. `error_code` and `error` say
    why what lies at `source` now does not serve; empty if it does. Times are RFC 3339, UTC.
    """

    generation: str
    revision: str
    since: str
    source: str
    reloads: int = 0
    refused: int = 0
    error_code: str = ""
    error: str = ""
    error_at: str = ""
