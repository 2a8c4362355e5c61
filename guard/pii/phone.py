"""Telephone numbers: the international form (ITU-T E.164, E.123) and some national ones.

International numbers are checked against the numbering plans in `phonenumbers` (Google's metadata, offline). It cannot
see a national number written as bare digits, and takes no number for one on the strength of nearby words.
"""

import re
from typing import Final

from guard.pii.digits import group_ends, only_digits
from guard.pii.numbering import plan_of, split_code
from guard.scan.pattern import Pattern

_LEAST: Final = 7
_MOST: Final = 15
"""Digits of an international number (E.164 6.2.1). The pattern reads one more, so that none is cut unnoticed."""

_TRUNK_LEAST: Final = 9
_TRUNK_MOST: Final = 12
"""Digits of a national number with its trunk prefix, in the countries below. The pattern reads one more."""

_TRUNK_REGIONS: Final = ("GB", "DE", "FR", "NL", "AU")
_TRUNK_IN_PARENTHESES: Final = "(0)"
_EXTENSION: Final = r"(?:(?: ?x| ?ext\.? ?)[0-9]{1,6})?"
"""How North America writes the number behind a switchboard."""
_EXTENDED: Final = re.compile(r"(?: ?x| ?ext\.? ?)[0-9]+\Z")
_GAP: Final = re.compile(r"[^0-9+]{4}")
_DATE: Final = re.compile(r"\(?0[1-9][ /-]{1,2}(?:0[1-9]|1[0-2]|[12][0-9]|3[01])[ /-](?:19|20)[0-9]{2}")


def _ends(text: str) -> list[int]:
    """Where a number may end, last first: behind a group, before digits that stand too far apart."""
    return group_ends(_GAP.split(text.replace(_TRUNK_IN_PARENTHESES, "000"), maxsplit=1)[0])


def validate_international(text: str) -> tuple[int, int] | None:
    """The number behind `+` or `00`, up to the last group of digits with which it is valid, or else possible.

    Fictitious numbers are possible. Behind `00`, which other digits may stand behind as well, it has to be valid. An
    extension belongs to a number that reaches up to it.
    """
    extension = _EXTENDED.search(text)
    number = text if extension is None else text[: extension.start()]
    found = _international(number)
    return (0, len(text)) if found == (0, len(number)) else found


def _international(text: str) -> tuple[int, int] | None:
    skip = 1 if text[0] == "+" else 2
    possible = None
    for end in _ends(text):
        number = only_digits(text[skip:end].replace(_TRUNK_IN_PARENTHESES, ""))
        split = split_code(number) if _LEAST <= len(number) <= _MOST else None
        if split is None:
            continue
        plan, national = split
        if plan.is_valid(national):
            return 0, end
        if possible is None and skip == 1 and plan.is_possible(national):
            possible = end
    return None if possible is None else (0, possible)


def validate_trunk(text: str) -> tuple[int, int] | None:
    """The number, if it is valid in one of the countries that dial a trunk `0`, is not a date and not bare digits."""
    if _DATE.match(text):
        return None
    for end in _ends(text):
        digits = only_digits(text[:end])
        if not _TRUNK_LEAST <= len(digits) <= _TRUNK_MOST or text[:end].isdigit():
            continue
        if any(plan_of(region).is_valid(digits[1:]) for region in _TRUNK_REGIONS):
            return 0, end
    return None


PATTERNS: Final[tuple[Pattern, ...]] = (
    Pattern(
        type="PHONE_NUMBER",
        rule="phone_international",
        body=r"(?:\+|00)[1-9](?:[ ().\-/]*[0-9]){6,15}" + _EXTENSION,
        not_after="0-9A-Za-z+.",
        score=0.85,
        validate=validate_international,
    ),
    Pattern(
        type="PHONE_NUMBER",
        rule="phone_north_america",
        # ATIS-0300051. Exchange 555 with line 01xx is fictitious and found all the same.
        body=r"(?:1[ .\-])?(?:\([2-9][0-9]{2}\)[ \-]?|[2-9][0-9]{2}[ .\-])[2-9][0-9]{2}[ .\-][0-9]{4}" + _EXTENSION,
        not_after="0-9",
        not_before="0-9",
        score=0.75,
    ),
    Pattern(
        type="PHONE_NUMBER",
        rule="phone_france",
        body=r"0[1-9](?: [0-9]{2}){4}|0[1-9](?:\.[0-9]{2}){4}|0[1-9](?:-[0-9]{2}){4}",
        not_after="0-9.",
        not_before="0-9",
        score=0.7,
    ),
    Pattern(
        type="PHONE_NUMBER",
        rule="phone_trunk",
        body=r"\(?0[1-9](?:[ )/\-]*[0-9]){7,11}",
        not_after="0-9A-Za-z.,",
        score=0.6,
        validate=validate_trunk,
    ),
)
