"""International bank account numbers (ISO 13616, SWIFT's IBAN registry): length by country, then mod 97.

It does not look at a country's own inner format, so it takes a few numbers that no bank would; it does not see a
number whose country code stands apart from the check digits.
"""

from types import MappingProxyType
from typing import Final

from guard.scan.pattern import Pattern

_COUNTRIES: Final = (
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 "
    "ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 "
    "LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 "
    "PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 "
    "YE30"
)

LENGTHS: Final = MappingProxyType({entry[:2]: int(entry[2:]) for entry in _COUNTRIES.split()})
"""Characters of an IBAN, by its country code."""


def is_mod97(iban: str) -> bool:
    """Whether the check digits fit (ISO 7064, MOD 97-10). `iban`: letters and digits only, upper case."""
    return int("".join(str(int(char, 36)) for char in iban[4:] + iban[:4])) % 97 == 1


def _end_of(text: str, count: int) -> int | None:
    """Behind the first `count` letters and digits, if none follows them directly; None otherwise."""
    places = [i for i, char in enumerate(text) if char.isalnum()]
    if len(places) < count:
        return None
    end = places[count - 1] + 1
    return None if text[end : end + 1].isalnum() else end


def validate_iban(text: str) -> tuple[int, int] | None:
    """The IBAN that the text begins with; what its country's length leaves over is not a part of it."""
    length = LENGTHS.get(text[:2].upper())
    end = _end_of(text, length) if length is not None else None
    if end is None:
        return None
    iban = text[:end].replace(" ", "").replace("-", "").upper()
    return (0, end) if is_mod97(iban) else None


PATTERNS: Final[tuple[Pattern, ...]] = (
    Pattern(
        type="IBAN_CODE",
        rule="iban",
        # Reads at most 35 characters, more than any country has, so a longer run never looks like a whole number.
        body=r"[A-Za-z]{2}[0-9]{2}(?:[ \-]?[0-9A-Za-z]{4}){2,7}(?:[ \-]?[0-9A-Za-z]{1,3})?",
        not_after="0-9A-Za-z",
        score=0.99,
        validate=validate_iban,
    ),
)
