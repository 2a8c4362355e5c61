"""Payment card numbers (ISO/IEC 7812): issuer prefix, that issuer's lengths, Luhn's check digit.

It cannot tell a card that was issued from a number that merely could be one, and it does not see cards that are split
over lines or written with dots.
"""

from typing import Final

from guard.pii.digits import group_ends, only_digits
from guard.scan.pattern import OTHER_LETTER, Pattern

_ISSUERS: Final[tuple[tuple[int, int, frozenset[int]], ...]] = (
    # First and last prefix of a range (both of one length, both included), lengths of the number.
    (4, 4, frozenset({13, 16, 19})),  # Visa
    (51, 55, frozenset({16})),  # Mastercard
    (2221, 2720, frozenset({16})),  # Mastercard
    (34, 34, frozenset({15})),  # American Express
    (37, 37, frozenset({15})),  # American Express
    (6011, 6011, frozenset({16, 17, 18, 19})),  # Discover
    (644, 649, frozenset({16, 17, 18, 19})),  # Discover
    (65, 65, frozenset({16, 17, 18, 19})),  # Discover, RuPay, Troy, Verve
    (300, 305, frozenset({14, 16, 17, 18, 19})),  # Diners Club
    (3095, 3095, frozenset({14, 16, 17, 18, 19})),  # Diners Club
    (36, 36, frozenset({14, 16, 17, 18, 19})),  # Diners Club
    (38, 39, frozenset({14, 16, 17, 18, 19})),  # Diners Club
    (3528, 3589, frozenset({16, 17, 18, 19})),  # JCB
    (2131, 2131, frozenset({15})),  # JCB, older ones
    (1800, 1800, frozenset({15})),  # JCB, older ones
    (62, 62, frozenset({16, 17, 18, 19})),  # UnionPay
    (81, 82, frozenset({16, 17, 18, 19})),  # UnionPay, RuPay
    (2200, 2205, frozenset({16, 17, 18, 19})),  # Mir, Humo
    (50, 50, frozenset({12, 13, 14, 15, 16, 17, 18, 19})),  # Maestro, Verve, RuPay, Elo, Dankort
    (56, 58, frozenset({12, 13, 14, 15, 16, 17, 18, 19})),  # Maestro
    (6304, 6304, frozenset({12, 13, 14, 15, 16, 17, 18, 19})),  # Maestro
    (6390, 6390, frozenset({12, 13, 14, 15, 16, 17, 18, 19})),  # Maestro
    (67, 67, frozenset({12, 13, 14, 15, 16, 17, 18, 19})),  # Maestro
    (636, 639, frozenset({16, 17, 18, 19})),  # InterPayment, InstaPayment, Elo
    (60, 60, frozenset({16})),  # RuPay, Hipercard
    (9792, 9792, frozenset({16})),  # Troy
)


def is_luhn(digits: str) -> bool:
    """Whether the last digit is Luhn's check digit of the others (ISO/IEC 7812-1, annex B)."""
    total = sum(map(int, digits[-1::-2]))
    total += sum(sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return total % 10 == 0


def is_card(digits: str) -> bool:
    """Whether `digits` is a number that one of the known issuers could have given out."""
    known = any(
        len(digits) in lengths and low <= int(digits[: len(str(low))]) <= high for low, high, lengths in _ISSUERS
    )
    return known and is_luhn(digits)


def validate_card(text: str) -> tuple[int, int] | None:
    """The longest card that begins with the text's first digit and ends where a group of digits ends."""
    start = 0 if text[0].isdigit() else 2
    for end in group_ends(text):
        if is_card(only_digits(text[start:end])):
            return start, end
    return None


PATTERNS: Final[tuple[Pattern, ...]] = (
    Pattern(
        type="CREDIT_CARD",
        rule="credit_card",
        # Reads one digit more than the longest card has, so a longer number is never taken for its beginning.
        # A dot before the number makes it the fraction of another number, unless a word stands before the dot.
        body=rf"(?:[A-Za-z{OTHER_LETTER}]\.)?[0-9](?:[ \-]?[0-9]){{11,19}}",
        not_after="0-9.",
        score=0.98,
        validate=validate_card,
    ),
)
