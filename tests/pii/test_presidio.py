"""What Presidio's own validators confirm, Guard finds: over generated values, type by type.

Where the two differ on purpose, a table names the value, what Presidio says of it, and why Guard says otherwise.
"""

import hashlib
import random

import pytest
import tldextract
from presidio_analyzer.predefined_recognizers import (
    CreditCardRecognizer,
    CryptoRecognizer,
    EmailRecognizer,
    IbanRecognizer,
    UsSsnRecognizer,
)

from guard.pii.card import is_luhn
from guard.pii.iban import LENGTHS
from guard.pii.table import PATTERNS
from tests.pii.reference import find

ROUNDS = 300
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


@pytest.fixture
def chance() -> random.Random:
    return random.Random(20_240_517)


def _digits(chance: random.Random, count: int) -> str:
    return "".join(chance.choices("0123456789", k=count))


def _grouped(value: str, mark: str) -> str:
    return mark.join(value[at : at + 4] for at in range(0, len(value), 4))


def _presidio_confirms(recognizer: object, text: str) -> bool:
    results = recognizer.analyze(text, recognizer.supported_entities)
    return any((result.start, result.end) == (0, len(text)) and result.score >= 0.5 for result in results)


def _agree(recognizer: object, type_: str, values: list[str]) -> None:
    confirmed = [value for value in values if _presidio_confirms(recognizer, value)]
    assert len(confirmed) > len(values) / 2, "Presidio has to confirm most of what is generated"
    assert [value for value in confirmed if find(PATTERNS, f"It is {value}, really.", type_) != [value]] == []


def test_cards(chance: random.Random) -> None:
    prefixes = ("4", "51", "55", "2221", "2720", "34", "37", "6011", "644", "65", "305", "36", "38", "3528", "62", "50")
    lengths = {"34": 15, "37": 15, "305": 14, "36": 14, "38": 14}
    values = []
    for _ in range(ROUNDS):
        prefix = chance.choice(prefixes)
        head = prefix + _digits(chance, lengths.get(prefix, 16) - len(prefix) - 1)
        card = next(head + str(last) for last in range(10) if is_luhn(head + str(last)))
        values.append(_grouped(card, chance.choice(("", " ", "-"))))
    recognizer = CreditCardRecognizer()
    known = [value for value in values if not value.startswith("2")]
    _agree(recognizer, "CREDIT_CARD", known)
    newer = [value for value in values if value.startswith("2")]
    assert newer
    assert not any(_presidio_confirms(recognizer, value) for value in newer)
    assert all(find(PATTERNS, value, "CREDIT_CARD") == [value] for value in newer)


def test_ibans(chance: random.Random) -> None:
    values = []
    for country, length in sorted(LENGTHS.items()):
        for _ in range(4):
            account = _digits(chance, length - 4)
            number = "".join(str(int(char, 36)) for char in f"{account}{country}00")
            iban = f"{country}{98 - int(number) % 97:02}{account}"
            values.append(_grouped(iban, chance.choice(("", " ", "-"))))
    confirmed = [value for value in values if _presidio_confirms(IbanRecognizer(), value)]
    assert len(confirmed) > ROUNDS / 3
    assert [value for value in values if find(PATTERNS, f"It is {value}, really.", "IBAN_CODE") != [value]] == []


def test_social_security_numbers(chance: random.Random) -> None:
    values = []
    for _ in range(ROUNDS):
        mark = chance.choice(" -.")
        values.append(mark.join((_digits(chance, 3), _digits(chance, 2), _digits(chance, 4))))
    _agree(UsSsnRecognizer(), "US_SSN", values)


def _base58check(payload: bytes) -> str:
    data = payload + hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4]
    number, text = int.from_bytes(data, "big"), ""
    while number:
        number, rest = divmod(number, 58)
        text = BASE58[rest] + text
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + text


def _bech32(chance: random.Random, count: int, constant: int) -> str:
    values = [0 if constant == 1 else 1, *chance.choices(range(32), k=count)]
    whole = CryptoRecognizer.bech32_hrp_expand("bc") + values + [0] * 6
    check = CryptoRecognizer.bech32_polymod(whole) ^ constant
    return "bc1" + "".join(BECH32[value] for value in values + [(check >> 5 * (5 - at)) & 31 for at in range(6)])


def test_bitcoin_addresses(chance: random.Random) -> None:
    values = [_base58check(bytes([chance.choice((0, 5))]) + chance.randbytes(20)) for _ in range(ROUNDS)]
    values += [_bech32(chance, chance.choice((32, 52)), 1) for _ in range(ROUNDS)]
    values += [_bech32(chance, 52, 0x2BC830A3) for _ in range(ROUNDS)]
    _agree(CryptoRecognizer(), "CRYPTO", values)


@pytest.fixture
def offline_suffixes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Presidio's e-mail recognizer asks `tldextract`, which would fetch the public suffix list."""
    monkeypatch.setattr(tldextract, "extract", tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None))


def test_email_addresses(chance: random.Random, offline_suffixes: None) -> None:
    words = "abcdefghijklmnopqrstuvwxyz0123456789_+&'-."
    values = []
    for _ in range(ROUNDS):
        local = chance.choice("abcxyz019") + "".join(chance.choices(words, k=chance.randrange(20))) + "a"
        host = ".".join("".join(chance.choices("abcxyz019", k=chance.randrange(1, 12))) for _ in range(2))
        values.append(f"{local}@{host}.{chance.choice(('com', 'co.uk', 'example.org', 'museum', 'xn--p1ai', 'io'))}")
    _agree(EmailRecognizer(), "EMAIL_ADDRESS", values)


DIFFERENCES = (
    (CreditCardRecognizer, "CREDIT_CARD", "3088888888888887", "3088 is in no issuer's range"),
    (CreditCardRecognizer, "CREDIT_CARD", "1354 1001 4004 955", "1 is the air travel plan, and most 15-digit ids"),
    (UsSsnRecognizer, "US_SSN", "219-09-9999", "printed in an advertisement of the Social Security Board"),
    (UsSsnRecognizer, "US_SSN", "987-65-4321", "set aside for advertisements"),
)


@pytest.mark.parametrize(("recognizer", "type_", "value", "reason"), DIFFERENCES)
def test_the_known_differences_are_as_the_table_says(
    recognizer: type[CreditCardRecognizer | UsSsnRecognizer], type_: str, value: str, reason: str
) -> None:
    assert _presidio_confirms(recognizer(), value), reason
    assert find(PATTERNS, value, type_) == [], reason


def test_signs_that_seldom_belong_to_a_name_are_not_taken_into_an_address(offline_suffixes: None) -> None:
    assert _presidio_confirms(EmailRecognizer(), "path|jane@example.com")
    assert find(PATTERNS, "path|jane@example.com", "EMAIL_ADDRESS") == ["jane@example.com"]
