"""Which headers travel on, in either direction. An allow-list decides: credentials, cookies and hop-by-hop stay."""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from guard.dialects.mark import FORM_ALONE

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

_FORMS: Final = {
    "accept": re.compile(r"[a-z*]+/[a-z0-9*.+-]+(?:, ?[a-z*]+/[a-z0-9*.+-]+){0,4}"),
    "content-type": re.compile(r"application/json(?:; ?charset=utf-8)?", re.IGNORECASE),
    "traceparent": re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}"),
    "tracestate": re.compile(r"[a-z0-9]{1,16}=[0-9a-f:-]{1,64}"),
    "retry-after": re.compile(r"\d{1,6}|[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT"),
    "openai-processing-ms": re.compile(r"\d{1,8}"),
}
"""What a header's value looks like (W3C Trace Context, RFC 9110). Limits are short numbers; all else must be a mark."""

IsMark = Callable[[str], bool]
"""Whether a string is an identifier or the like, and no value. See `ports.Dialect`."""

_LIMIT: Final = re.compile(r"[0-9a-z.]{1,12}")


def forwarded(headers: Iterable[tuple[str, str]], is_mark: IsMark = FORM_ALONE.is_mark) -> tuple[tuple[str, str], ...]:
    """The client's headers that a backend may see. A value that is more than its header's form does not travel."""
    return tuple((name, value) for name, value in headers if name in FORWARDED and _fits(name, value, is_mark))


def returned(headers: Mapping[str, str], is_mark: IsMark = FORM_ALONE.is_mark) -> tuple[tuple[str, str], ...]:
    """The backend's headers that the client may see."""
    return tuple(
        (name, headers[name]) for name in sorted(RETURNED & headers.keys()) if _fits(name, headers[name], is_mark)
    )


def idempotency_of(headers: Iterable[tuple[str, str]], is_mark: IsMark) -> str:
    """The client's `idempotency-key` for the ledger, empty if it sent none; one that is no identifier by its
    SHA-256."""
    value = next((value for name, value in headers if name == "idempotency-key"), "")
    return value if is_mark(value) or not value else "sha256:" + hashlib.sha256(value.encode()).hexdigest()


USAGE_HEADER: Final = "x-guard-usage"
COST_HEADER: Final = "x-guard-cost-nanousd"


def wants_usage(headers: Iterable[tuple[str, str]]) -> bool:
    """Whether the client wants to be told at the end of a stream what it came to: `x-guard-usage: true`."""
    return any(name == USAGE_HEADER and value.strip().lower() == "true" for name, value in headers)


def _fits(name: str, value: str, is_mark: IsMark) -> bool:
    if name in _FORMS:
        return _FORMS[name].fullmatch(value) is not None
    return _LIMIT.fullmatch(value) is not None if name.startswith("x-ratelimit") else is_mark(value)


def without_type(headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Without what the body is: Guard says that itself."""
    return tuple(header for header in headers if header[0] != "content-type")
