"""Amazon Web Services: access key ids and, where they are assigned, secret access keys.

Sources: AWS IAM user guide, "Unique identifiers" (`AKIA` long-term, `ASIA` temporary, `ABIA`, `ACCA`) and "Manage
access keys". A secret key has no mark of its own: without its name beside it, it is not seen.
"""

from typing import Final

from guard.scan.pattern import Pattern, whole
from guard.security.placeholder import is_varied

_SECRET_CHARS: Final = 40


def _is_key_id(text: str) -> bool:
    return is_varied(text[4:])


def validate_secret_key(text: str) -> tuple[int, int] | None:
    """The forty characters behind the name. They are base 64, so hexadecimal digests are not meant."""
    start = len(text) - _SECRET_CHARS
    value = text[start:]
    mixed = value != value.lower() and value != value.upper()
    return (start, len(text)) if mixed and is_varied(value, 10) else None


PATTERNS: Final[tuple[Pattern, ...]] = (
    Pattern(
        type="SECRET_AWS_ACCESS_KEY",
        rule="aws_access_key_id",
        body=r"A(?:KIA|SIA|BIA|CCA|3T[0-9A-Z])[0-9A-Z]{16}",
        not_after="0-9A-Za-z",
        not_before="0-9A-Za-z",
        score=0.97,
        validate=whole(_is_key_id),
    ),
    Pattern(
        type="SECRET_AWS_SECRET_KEY",
        rule="aws_secret_access_key",
        body=(
            r"secret[ _.\-]?(?:access[ _.\-]?)?key(?: \[[0-9A-Za-z*]{0,24}\])?"
            r"[\"'`]?[ \t]{0,3}(?:=>|:=|[:=,>])[ \t]{0,3}[\"'`]?[0-9A-Za-z/+]{40}"
        ),
        not_before="0-9A-Za-z/+",
        caseless=True,
        score=0.95,
        validate=validate_secret_key,
    ),
)
