"""Credentials in an HTTP `Authorization: Basic` header (RFC 7617), as a header line or quoted in code.

Other schemes and credentials without the header's name are not seen here.
"""

import base64
import binascii
import re
from typing import Final

from guard.scan.pattern import Pattern

_CREDENTIALS: Final = re.compile(r"[0-9A-Za-z+/_\-]+={0,2}\Z")


def validate_basic(text: str) -> tuple[int, int] | None:
    """The base 64 at the end, if it spells a user name, a colon and a password."""
    match = _CREDENTIALS.search(text)
    if match is None:
        return None
    encoded = match.group().rstrip("=").replace("-", "+").replace("_", "/")
    try:
        decoded = base64.b64decode(encoded + "=" * (-len(encoded) % 4))
    except binascii.Error:
        return None
    return match.span() if b":" in decoded else None


PATTERNS: Final[tuple[Pattern, ...]] = (
    Pattern(
        type="SECRET_BASIC_AUTH",
        rule="basic_auth",
        body=(
            r"authorization\\?[\"'`]?\]?[ \t]{0,3}(?:=>|[:=,])[ \t]{0,3}\\?[\"'`]?"
            r"basic[ \t]{1,4}[0-9A-Za-z+/_\-]{4}[0-9A-Za-z+/_\-]*={0,2}"
        ),
        not_after="0-9A-Za-z",
        caseless=True,
        score=0.97,
        validate=validate_basic,
    ),
)
