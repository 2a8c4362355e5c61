"""IP addresses: version 4 in dotted decimals (RFC 6943 3.1.1, strict form) and version 6 (RFC 4291, RFC 5952).

Private and documentation addresses count too. It cannot tell a version number of exactly four parts from an address,
and leaves out version 6 addresses too short to tell from source code (`::1`, `x[1::2]`).
"""

import ipaddress
from typing import Final

from guard.scan.pattern import Pattern

_V6_LEAST_DIGITS: Final = 5
"""Hexadecimal digits that an address must have at least; fewer are slices and scopes of programming languages."""


def _is_version(kind: type[ipaddress.IPv4Address | ipaddress.IPv6Address], text: str) -> bool:
    try:
        kind(text)
    except ValueError:
        return False
    return True


def validate_v4(text: str) -> tuple[int, int] | None:
    """The four parts, unless a fifth or a letter follows; leading zeros are refused, since readers disagree on them."""
    end = len(text)
    if text[-1].isalpha() and text[-2] == ".":
        end -= 2
    return (0, end) if _is_version(ipaddress.IPv4Address, text[:end]) else None


def validate_v6(text: str) -> tuple[int, int] | None:
    """The address; a colon behind it is punctuation."""
    end = len(text)
    if text[-1] == ":" and text[-2] != ":":
        end -= 1
    digits = [char for char in text[:end] if char.isalnum()]
    if len(digits) < _V6_LEAST_DIGITS or not any(map(str.isdigit, digits)):
        return None
    return (0, end) if _is_version(ipaddress.IPv6Address, text[:end]) else None


PATTERNS: Final[tuple[Pattern, ...]] = (
    Pattern(
        type="IP_ADDRESS",
        rule="ipv4",
        # The last, optional part is what may not follow an address; the validator looks at it.
        body=r"[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+(?:\.?[0-9A-Za-z])?",
        not_after="0-9A-Za-z.",
        score=0.8,
        validate=validate_v4,
    ),
    Pattern(
        type="IP_ADDRESS",
        rule="ipv6",
        body=r"[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,9}(?:\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3})?",
        not_after="0-9A-Za-z_:",
        not_before="0-9A-Za-z:",
        score=0.9,
        validate=validate_v6,
    ),
)
