"""Every pattern that finds personal data. A detector is one file, one line here, one table of tests."""

from typing import Final

from guard.pii import card, crypto, email, iban, ip, keyed, phone, phone_named, spelled, ssn
from guard.scan.pattern import Pattern

PATTERNS: Final[tuple[Pattern, ...]] = (
    *email.PATTERNS,
    *card.PATTERNS,
    *iban.PATTERNS,
    *ssn.PATTERNS,
    *phone.PATTERNS,
    *ip.PATTERNS,
    *crypto.PATTERNS,
    *keyed.PATTERNS,
    *spelled.PATTERNS,
)

NAMED: Final[tuple[Pattern, ...]] = phone_named.PATTERNS
"""Those that count only behind a word that says what they are."""
