"""Telephone numbers without a form of their own: bare digits, or groups that could be anything, behind a word that says
what they are (`call 2125550132`, `tel. 668 233 025`, `WhatsApp 94 4005-7566`).

The word stands in the same sentence, a few words in front. It can't see numbers whose word comes behind them, or
stands in another line or cell.
"""

import re
from typing import Final

from guard.pii.digits import only_digits
from guard.scan.pattern import Judge, Pattern
from guard.scan.received import Before

_LEAST: Final = 8
_MOST: Final = 13
"""Digits. Shorter numbers are extensions and short codes; the pattern reads one more, so that none is cut unnoticed."""

_SCORE: Final = 0.65
_NEAR_CHARS: Final = 48
_BODY: Final = r"\(?[0-9](?:[ ().\-/]{0,2}[0-9]){7,13}"
_WORD: Final = re.compile(
    r"(?<![a-z])(?:(?:tel|t[eé]l|mob|ph)\.|(?:(?:tele)?phones?|phoned?|tel[eé]fono?|t[eé]l[eé]phone|telefone|telefonu?|telefoon|t[eé]l|mobiles?|mob"
    r"|m[oó]vil|celular|cellulare|cell|cellphone|handy(?:nummer)?|rufnummer|call(?:ed|ing|s)?|dial(?:ed|led)?|ring"
    r"|fax|sms|text (?:me|us|him|her|them)|texted|whats ?app|signal|hotline|reach(?:able|ed)?|portable|kom[oó]rka)"
    r"(?![a-z]))[^.!?;\n0-9]*\Z",
    re.IGNORECASE,
)
_DATE: Final = re.compile(
    r"(?:19|20)[0-9]{2}[-/. ][0-9]{1,2}[-/. ][0-9]{1,2}|[0-9]{1,2}[-/.][0-9]{1,2}[-/.](?:19|20)[0-9]{2}"
)
_FRACTION: Final = re.compile(r"[0-9]+\.[0-9]+")


def rate(text: str, before: Before) -> tuple[int, int, float] | None:
    """The number, if a word for telephones stands before it and it is no date."""
    if not _LEAST <= len(only_digits(text)) <= _MOST or _DATE.match(text):
        return None
    if _FRACTION.fullmatch(text):
        return None
    start = 1 if text[0] == "(" and ")" not in text else 0
    return (start, len(text), _SCORE) if _WORD.search(before.text[-_NEAR_CHARS:]) else None


PATTERNS: Final[tuple[Pattern, ...]] = (
    Pattern(
        type="PHONE_NUMBER",
        rule="phone_named",
        body=_BODY,
        not_after="0-9A-Za-z+.,",
        score=_SCORE,
        judge=Judge(exact=rf"(?<![0-9A-Za-z+.,]){_BODY}(?![0-9A-Za-z])", flags=0, rate=rate, risky=False),
    ),
)
