"""Surrogates: of the same kind as the value, valid, and nobody's."""

import ipaddress
import re

import pytest

from guard.pii.card import PATTERNS as CARDS
from guard.pii.iban import is_mod97
from guard.pii.pseudonym.surrogate import surrogate

NUMBERS = (0, 1, 7, 12_345_678_901, 2**63)

FORMS = [
    ("EMAIL_ADDRESS", "ada@lovelace.org", r"[a-z]+\d{4}@example\.(com|org|net)"),
    ("CREDIT_CARD", "4111 1111 1111 1111", r"400\d( \d{4}){3}"),
    ("CREDIT_CARD", "378282246310005", r"300000\d{9}"),
    ("CREDIT_CARD", "4111-1111-1111-1111", r"400\d(-\d{4}){3}"),
    ("IBAN_CODE", "DE89 3704 0044 0532 0130 00", r"DE\d\d( \d{4}){4} \d\d"),
    ("IBAN_CODE", "GB29NWBK60161331926819", r"GB\d\dNWBK\d{14}"),
    ("US_SSN", "219-09-9999", r"9\d\d-\d\d-\d{4}"),
    ("PHONE_NUMBER", "(415) 555-2671", r"\(415\) 555-01\d\d"),
    ("PHONE_NUMBER", "+1 415 555 2671", r"\+1 415 555 01\d\d"),
    ("PHONE_NUMBER", "+49 30 901820", r"\+49 30 \d{6}"),
    ("IP_ADDRESS", "8.8.8.8", r"(192\.0\.2|198\.51\.100|203\.0\.113)\.\d+"),
    ("IP_ADDRESS", "2a00:1450::1", r"2001:db8::[0-9a-f]+:[0-9a-f]+"),
    ("MAC_ADDRESS", "a4-83-e7-01-02-03", r"00-00-5E-00-53-[0-9A-F]{2}"),
    ("URL", "https://lovelace.org/about", r"https://example\.(com|org|net)/\d{6}"),
    ("PERSON", "Ada Lovelace", r"\w[\w'-]* \w[\w' -]*"),
    ("PERSON", "Ada", r"\w[\w'-]*"),
    ("PERSON", "山田 太郎", r"\w+( \w+)?"),
    ("PERSON", "Иван Петров", r"[\u0400-\u04ff]+ [\u0400-\u04ff]+"),
    ("LOCATION", "Berlin", r".+"),
    ("ORGANIZATION", "Acme Ltd", r".+"),
    ("STREET_ADDRESS", "1 Main Street, Springfield", r"[^\n]+, [^\n]+"),
]


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize(("type_", "value", "form"), FORMS)
def test_a_surrogate_has_the_form_of_its_kind(type_: str, value: str, form: str, number: int) -> None:
    text = surrogate(type_, value, number)
    assert text is not None
    assert re.fullmatch(form, text)
    assert text != value
    assert surrogate(type_, value, number) == text


@pytest.mark.parametrize("number", NUMBERS)
def test_numbers_with_check_digits_are_valid(number: int) -> None:
    card = surrogate("CREDIT_CARD", "4111 1111 1111 1111", number)
    iban = surrogate("IBAN_CODE", "DE89 3704 0044 0532 0130 00", number)
    address = surrogate("IP_ADDRESS", "8.8.8.8", number)
    assert card is not None and iban is not None and address is not None  # noqa: PT018
    assert CARDS[0].validate is not None
    assert CARDS[0].validate(card) == (0, len(card))
    assert is_mod97(iban.replace(" ", ""))
    assert not ipaddress.ip_address(address).is_global


def test_a_type_without_a_maker_has_no_surrogate() -> None:
    assert surrogate("CRYPTO", "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", 1) is None
