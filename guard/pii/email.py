"""E-mail addresses (RFC 5321, RFC 5322, RFC 6531), also in internationalised spelling.

The pattern takes the whole run of characters around an `@`; what of it is the address is decided here. It cannot see
quoted local parts, comments, address literals (`user@[192.0.2.1]`) or hosts without a dot. Of the signs that a local
part may hold by the letter (`!#$*/?^{|}~`) it takes none: they stand before addresses far more often than in them.
"""

import re
from itertools import pairwise
from typing import Final

from guard.scan.pattern import OTHER_LETTER, Pattern

_NAME: Final = rf"0-9A-Za-z{OTHER_LETTER}_.+%&'\-"
_LOCAL_MOST: Final = 64
"""RFC 5321 4.5.3.1.1, in octets."""

_RUN_MOST: Final = 128
"""Characters before the `@` that are looked at, since scripts without spaces glue a sentence to an address."""

_DOMAIN_MOST: Final = 255
"""RFC 5321 4.5.3.1.2, in octets."""

_ALNUM: Final = rf"0-9A-Za-z_{OTHER_LETTER}"
_FIRST: Final = re.compile(f"[{_ALNUM}]")
_ASCII_TAIL: Final = re.compile(rf"[^{OTHER_LETTER}]*\Z")
_DOMAIN: Final = re.compile(
    rf"(?:[{_ALNUM}](?:[{_ALNUM}\-]*[{_ALNUM}])?\.)+"
    rf"(?:xn--[0-9A-Za-z\-]{{2,59}}|[A-Za-z]{{2,24}}(?![A-Za-z])|(?=[A-Za-z]*{OTHER_LETTER})[A-Za-z{OTHER_LETTER}]{{2,24}})"
)
"""Labels and a top-level domain; greedy, so the longest that is one."""


def _local_start(local: str) -> int | None:
    """Where the local part begins in the run before the `@`; None if the run is no local part."""
    key, mark, _ = local.partition("=")
    # `bounce+user=example.com@lists.example` is one address; otherwise a name and its value stand there.
    start = len(key) + 1 if mark and "+" not in key else 0
    first = _FIRST.search(local, start)
    start = start if first is None else first.start()
    if len(local) - start > _LOCAL_MOST:
        # Scripts without spaces glue a sentence to the address: what is left then is its ASCII tail.
        tail = _ASCII_TAIL.search(local)
        start = len(local) if tail is None else max(start, tail.start())
    return start if 0 < len(local) - start <= _LOCAL_MOST else None


def _domain_end(domain: str) -> int | None:
    match = _DOMAIN.match(domain)
    return match.end() if match is not None and match.end() <= _DOMAIN_MOST else None


def validate_email(text: str) -> tuple[int, int] | None:
    """The address in a run with an `@`, or all from the first address to the last if several are glued together."""
    start: int | None = None
    end = at = 0
    parts = text.split("@")
    for local, domain in pairwise(parts):
        stop = _domain_end(domain)
        first = _local_start(local) if stop is not None and start is None else None
        if first is not None:
            start = at + first
        at += len(local) + 1
        if stop is not None:
            end = at + stop
    return None if start is None else (start, end)


PATTERNS: Final[tuple[Pattern, ...]] = (
    Pattern(
        type="EMAIL_ADDRESS",
        rule="email",
        # Longer runs are no names, and encoded blobs should not wait for an `@`.
        body=f"[{_NAME}]{{1,{_RUN_MOST}}}(?:=[{_NAME}]{{1,{_RUN_MOST}}})?(?:@[{_NAME}]+)+",
        not_after=_NAME,
        score=0.98,
        validate=validate_email,
    ),
)
