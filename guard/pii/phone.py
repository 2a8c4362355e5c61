"""Telephone numbers: the international form (ITU-T E.164, E.123) and some national ones.

International numbers are checked against the numbering plans in `phonenumbers` (Google's metadata, offline). It cannot
see a national number written as bare digits, and takes no number for one on the strength of nearby words.
"""

import re
from typing import Final

import phonenumbers

from guard.pii.digits import drop_cut_group, group_ends, only_digits
from guard.scan.pattern import Pattern

_MOST: Final = 16
"""One digit more than E.164 allows: tells where the number's last group really ends."""

_TRUNK_MOST: Final = 13
"""One digit more than the longest number of these countries with its trunk prefix."""

_GAP: Final = re.compile(r"[^0-9+]{4}")

_TRUNK_REGIONS: Final = ("GB", "DE", "FR", "NL", "AU")
_DATE: Final = re.compile(r"\(?0[1-9][ /-]{1,2}(?:0[1-9]|1[0-2]|[12][0-9]|3[01])[ /-](?:19|20)[0-9]{2}")


def _together(text: str) -> str:
    """The text up to where its digits stand too far apart to be one number."""
    return _GAP.split(text, maxsplit=1)[0]


def _is_possible(text: str, region: str | None) -> bool:
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(text, region))
    except phonenumbers.NumberParseException:
        return False


def _is_valid(text: str, region: str | None) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(text, region))
    except phonenumbers.NumberParseException:
        return False


def validate_international(text: str) -> tuple[int, int] | None:
    """The number behind `+` or `00`, up to the last group of digits with which it is a possible one.

    A possible number has a known country code and that country's length; fictitious numbers are possible. Behind `00`,
    which other digits may stand behind as well, it has to be a valid one.
    """
    plus = text[0] == "+"
    numbers = _together(drop_cut_group(text, _MOST + (0 if plus else 2)))
    ends = group_ends(numbers)
    e164 = [(end, "+" + only_digits(numbers[:end]).removeprefix("" if plus else "00")) for end in ends]
    sure = next((end for end, number in e164 if _is_valid(number, None)), None)
    if sure is None and plus:
        sure = next((end for end, number in e164 if _is_possible(number, None)), None)
    return None if sure is None else (0, sure)


def validate_trunk(text: str) -> tuple[int, int] | None:
    """The number, if it is valid in one of the countries that dial a trunk `0`, is not a date and not bare digits."""
    if _DATE.match(text):
        return None
    numbers = _together(drop_cut_group(text, _TRUNK_MOST))
    for end in group_ends(numbers):
        number = numbers[:end]
        if not number.isdigit() and any(_is_valid(number, region) for region in _TRUNK_REGIONS):
            return 0, end
    return None


PATTERNS: Final[tuple[Pattern, ...]] = (
    Pattern(
        type="PHONE_NUMBER",
        rule="phone_international",
        body=r"(?:\+|00)[1-9](?:[ ().\-/]*[0-9]){6,15}",
        not_after="0-9A-Za-z+.",
        score=0.85,
        validate=validate_international,
    ),
    Pattern(
        type="PHONE_NUMBER",
        rule="phone_north_america",
        # ATIS-0300051. Exchange 555 with line 01xx is fictitious and found all the same.
        body=r"(?:1[ .\-])?(?:\([2-9][0-9]{2}\)[ \-]?|[2-9][0-9]{2}[ .\-])[2-9][0-9]{2}[ .\-][0-9]{4}",
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
