"""Exit statuses, the same for every command."""

import enum


class ExitCode(enum.IntEnum):
    """`FOUND`: something was flagged or redacted, or a policy test failed. `MISUSED`: options or configuration."""

    CLEAN = 0
    FOUND = 1
    BLOCKED = 2
    MISUSED = 3
    INTERRUPTED = 130
