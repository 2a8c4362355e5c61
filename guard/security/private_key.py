"""Private keys in textual encodings: PEM (RFC 7468, RFC 1421), OpenSSH, SSH.com (RFC 4716's style), PGP (RFC 9580).

The header opens a region that ends with the footer, or never. What stands between is not looked at: a key that is
damaged on purpose is still a key. It cannot see keys without their header, PuTTY's format, or JSON web keys.
"""

from typing import Final

from guard.scan.pattern import Pattern

_LABEL: Final = r"(?:[0-9A-Z]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?"

# A footer must end where it ends, not grow with the next character: hence one rule for each count of dashes.
PATTERNS: Final[tuple[Pattern, ...]] = (
    Pattern(
        type="SECRET_PRIVATE_KEY",
        rule="private_key",
        body=f"-----BEGIN {_LABEL}-----",
        until=f"-----END {_LABEL}-----",
        score=1.0,
    ),
    Pattern(
        type="SECRET_PRIVATE_KEY",
        rule="private_key_ssh2",
        body=f"---- BEGIN {_LABEL} ----",
        until=f"---- END {_LABEL} ----",
        score=1.0,
    ),
)
