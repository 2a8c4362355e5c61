"""JSON web tokens, signed (RFC 7515, RFC 7519) or encrypted (RFC 7516), in compact form.

The header says which, and so how many parts belong to the token. Signatures are not checked: an expired or forged
token still tells what it claims.
"""

import base64
import binascii
from typing import Final

import msgspec

from guard.scan.pattern import Pattern


class _Header(msgspec.Struct, frozen=True):
    """The two members of a JOSE header that matter here: `alg` is required, `enc` marks an encrypted token."""

    alg: str
    enc: str | None = None


def _header(part: str) -> _Header | None:
    try:
        raw = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
        return msgspec.json.decode(raw, type=_Header)
    except (binascii.Error, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def validate_jwt(text: str) -> tuple[int, int] | None:
    """Three parts, or five of an encrypted token; fewer if the token breaks off.

    A header that is no JOSE header counts only if the payload begins like a JSON object too: then it is a damaged one.
    """
    parts = text.split(".")
    header = _header(parts[0])
    if header is None and not parts[1].startswith("eyJ"):
        return None
    count = 5 if header is not None and header.enc is not None else 3
    return 0, len(".".join(parts[:count]))


PATTERNS: Final[tuple[Pattern, ...]] = (
    Pattern(
        type="SECRET_JWT",
        rule="jwt",
        body=r"eyJ[0-9A-Za-z_\-]{8}[0-9A-Za-z_\-]*\.[0-9A-Za-z_\-]{4}[0-9A-Za-z_\-]*(?:\.[0-9A-Za-z_\-]*){0,3}",
        not_after="0-9A-Za-z",
        score=0.99,
        validate=validate_jwt,
    ),
)
