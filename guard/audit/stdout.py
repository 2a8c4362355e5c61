"""JSON lines on standard output, for whoever collects a container's output."""

import sys
from collections.abc import Sequence

from guard.errors import AuditError


def write_stdout(lines: Sequence[bytes]) -> None:
    """Writes all lines. Raises AuditError."""
    try:
        sys.stdout.buffer.write(b"".join(line + b"\n" for line in lines))
        sys.stdout.buffer.flush()
    except (OSError, ValueError):
        raise AuditError("the decision log can't be written to standard output; check who reads it") from None
