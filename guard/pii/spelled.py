"""Values written out to be read by people alone: `jane.doe at example dot com`, `jane[at]example[dot]com`, cards in
scientific notation, cards over several lines.

A word that may be a name before ` at ` can't wait for what follows it, or all prose would. So a plain word is taken
along only where something says that an address comes (`email`, `contact me`), or where it does not look like prose
(`jane.doe`, `jane42`, `jane[at]…`); otherwise the finding begins with the `at`. It can't see words for other signs, nor
for digits.
"""

import re
from typing import Final

from guard.pii.card import is_card
from guard.pii.digits import only_digits
from guard.scan.pattern import OTHER_LETTER, Pattern, whole

_NAME: Final = rf"0-9A-Za-z{OTHER_LETTER}_.+%&'\-"
_LABEL: Final = r"[0-9A-Za-z\-]{1,63}"
_OPEN, _CLOSE = r"[\[({] ?", r" ?[\])}]"
_IN_BRACKETS: Final = rf"{_OPEN}(?:at|@){_CLOSE}"
_AT: Final = rf"(?: at | ?{_IN_BRACKETS} ?)"
_DOT: Final = rf"(?: dot | ?{_OPEN}(?:dot|\.){_CLOSE} ?|\.)"
_HOST: Final = rf"{_LABEL}(?:{_DOT}{_LABEL}){{1,4}}"
_ODD_NAME: Final = r"(?:[0-9A-Za-z]{1,64}[._][0-9A-Za-z._+\-]{1,64}|[A-Za-z]{1,64}[0-9][0-9A-Za-z._+\-]{0,64})"
_CUE: Final = r"(?:e-?mail|mail|contact|reach|write)(?: (?:me|us|him|her|them|address|is|to|at)){0,3}:? "
_CUED_NAME: Final = r"[0-9A-Za-z_.+\-]{1,64}(?: (?:dot|underscore|dash) [0-9A-Za-z]{1,64}){0,3}"
_TOP_LEVEL: Final = (
    "com org net edu gov mil int info biz io ai app dev co me tv eu uk us ca au nz ie de at ch fr be nl lu it es pt pl "
    "cz sk hu ro bg gr se no dk fi ee lv lt ru ua tr il in pk bd cn jp kr tw hk sg my id ph th vn br mx ar cl pe za "
    "ng ke eg example test invalid localhost"
)
_TOP: Final = frozenset(_TOP_LEVEL.split())
_CUED: Final = re.compile(rf"{_CUED_NAME}{_AT}{_HOST}\Z", re.IGNORECASE)
_SPELT: Final = re.compile(rf"{_AT}| dot |{_OPEN}(?:dot|\.){_CLOSE}", re.IGNORECASE)
_WORD: Final = re.compile(rf"(?:{_DOT})", re.IGNORECASE)


def _is_spelled(text: str) -> bool:
    """Whether it is an address, and not written with the signs themselves."""
    return _WORD.split(text)[-1].lower() in _TOP and _SPELT.search(text) is not None


def _is_host(text: str) -> bool:
    """Without a name in front, the words have to be there: `at example.com` is no address."""
    return _is_spelled(text) and re.search(r"dot", text, re.IGNORECASE) is not None


def validate_cued(text: str) -> tuple[int, int] | None:
    """The address behind the words that announce it."""
    found = _CUED.search(text)
    return found.span() if found is not None and _is_host(found[0]) else None


def _is_scientific_card(text: str) -> bool:
    """A card as a number with an exponent, if all of its digits are there."""
    mantissa, _, exponent = text.lower().partition("e")
    digits, size = only_digits(mantissa), int(exponent) + 1
    return len(digits) <= size and is_card(digits.ljust(size, "0"))


def _is_card_over_lines(text: str) -> bool:
    return "\n" in text and is_card(only_digits(text))


_LINE: Final = r"(?:[ \-]|[ \t]{0,2}\r?\n[ \t]{0,2})"

PATTERNS: Final[tuple[Pattern, ...]] = (
    Pattern(
        type="EMAIL_ADDRESS",
        rule="email_in_brackets",
        body=rf"[{_NAME}]{{1,64}}{_IN_BRACKETS} ?{_HOST}",
        not_after=_NAME,
        not_before=r"0-9A-Za-z\-",
        caseless=True,
        score=0.9,
        validate=whole(_is_spelled),
    ),
    Pattern(
        type="EMAIL_ADDRESS",
        rule="email_spelled",
        body=rf"{_ODD_NAME}{_AT}{_HOST}",
        not_after=_NAME,
        not_before=r"0-9A-Za-z\-",
        caseless=True,
        score=0.85,
        validate=whole(_is_host),
    ),
    Pattern(
        type="EMAIL_ADDRESS",
        rule="email_announced",
        body=rf"{_CUE}{_CUED_NAME}{_AT}{_HOST}",
        not_after="0-9A-Za-z",
        not_before=r"0-9A-Za-z\-",
        caseless=True,
        score=0.85,
        validate=validate_cued,
    ),
    Pattern(
        type="EMAIL_ADDRESS",
        rule="email_host_spelled",
        body=rf"(?:at|{_IN_BRACKETS}) {_HOST}",
        not_after="0-9A-Za-z",
        not_before=r"0-9A-Za-z\-",
        caseless=True,
        score=0.7,
        validate=whole(_is_host),
    ),
    Pattern(
        type="CREDIT_CARD",
        rule="card_scientific",
        body=r"[0-9]\.[0-9]{5,18}[eE]\+?1[1-8]",
        not_after="0-9.",
        not_before="0-9",
        score=0.9,
        validate=whole(_is_scientific_card),
    ),
    Pattern(
        type="CREDIT_CARD",
        rule="card_over_lines",
        body=rf"[0-9]{{4}}(?:{_LINE}[0-9]{{4}}){{3}}",
        not_after="0-9.",
        not_before="0-9",
        score=0.95,
        validate=whole(_is_card_over_lines),
    ),
)
