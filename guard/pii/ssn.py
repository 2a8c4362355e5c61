"""US social security numbers (20 CFR 422.103; SSA, "Social Security Number Randomization").

A number has no check digit: what is known is which numbers can't be. Bare nine digits count only behind their name.
"""

from typing import Final

from guard.pii.digits import only_digits
from guard.scan.pattern import Pattern, whole

_ADVERTISED: Final = frozenset({"078051120", "219099999", "123456789", *(f"98765432{last}" for last in range(10))})
"""Printed on sample cards, in advertisements and manuals; nobody's number."""

_NEVER: Final = frozenset({"000", "666"})
_FORM: Final = r"(?:{0}-[0-9]{{2}}-[0-9]{{4}}|{0} [0-9]{{2}} [0-9]{{4}}|{0}\.[0-9]{{2}}\.[0-9]{{4}})"


def is_ssn(text: str) -> bool:
    """Whether the nine digits in `text` can be a number: no part all zero, no impossible area, no sample number."""
    digits = only_digits(text)
    parts = digits[:3], digits[3:5], digits[5:]
    if parts[0] in _NEVER or parts[1] == "00" or parts[2] == "0000":
        return False
    return digits not in _ADVERTISED and len(set(digits)) > 1


def validate_named(text: str) -> tuple[int, int] | None:
    """The nine digits behind the name."""
    start = len(text) - 9
    return (start, len(text)) if is_ssn(text[start:]) else None


PATTERNS: Final[tuple[Pattern, ...]] = (
    Pattern(
        type="US_SSN",
        rule="us_ssn",
        body=_FORM.format("[0-8][0-9]{2}"),
        not_after="0-9",
        not_before="0-9",
        score=0.85,
        validate=whole(is_ssn),
    ),
    Pattern(
        type="US_SSN",
        rule="us_ssn_unassigned",
        # Never given out as a social security number. Taxpayer numbers (ITIN) and test data have this form.
        body=_FORM.format("9[0-9]{2}"),
        not_after="0-9",
        not_before="0-9",
        score=0.5,
        validate=whole(is_ssn),
    ),
    Pattern(
        type="US_SSN",
        rule="us_ssn_named",
        body=r"(?:ssn|social security (?:number|no\.?))(?: is)?[\"':=# ]{1,5}[0-9]{9}",
        not_after="0-9A-Za-z",
        not_before="0-9",
        caseless=True,
        score=0.9,
        validate=validate_named,
    ),
)
