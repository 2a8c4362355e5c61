"""Which headers travel on, in either direction. An allow-list decides: credentials, cookies and hop-by-hop stay."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

FORWARDED: Final = frozenset(
    {"accept", "content-type", "traceparent", "tracestate", "x-request-id", "x-session-id", "x-correlation-id"}
)
"""What a backend sees of the client's headers: content negotiation, tracing, and session affinity for its caches."""

RETURNED: Final = frozenset(
    {
        "retry-after",
        "x-request-id",
        "openai-processing-ms",
        "x-ratelimit-limit-requests",
        "x-ratelimit-limit-tokens",
        "x-ratelimit-remaining-requests",
        "x-ratelimit-remaining-tokens",
        "x-ratelimit-reset-requests",
        "x-ratelimit-reset-tokens",
    }
)
"""What a client sees of the backend's headers."""

_VALUE: Final = re.compile(r"[A-Za-z0-9 _.:;,/@+=*~-]{0,512}")


def forwarded(headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """The client's headers that a backend may see. A value that is more than a mark does not travel."""
    return tuple((name, value) for name, value in headers if name in FORWARDED and _VALUE.fullmatch(value))


def returned(headers: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The backend's headers that the client may see."""
    return tuple((name, headers[name]) for name in sorted(RETURNED & headers.keys()) if _VALUE.fullmatch(headers[name]))
