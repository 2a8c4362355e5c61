"""Card numbers of every large issuer are found, however they are grouped; other long numbers are left alone.

All numbers are the issuers' and payment providers' published test numbers, or were made from prefixes by Luhn's rule.
"""

import pytest

from guard.pii.card import PATTERNS, is_card, is_luhn
from tests.pii.reference import find

FOUND = (
    ("Visa 4111111111111111", ["4111111111111111"]),
    ("Visa 4222222222222 of thirteen", ["4222222222222"]),
    ("Visa 4000000000000000006 of nineteen", ["4000000000000000006"]),
    ("4111 1111 1111 1111", ["4111 1111 1111 1111"]),
    ("4111-1111-1111-1111.", ["4111-1111-1111-1111"]),
    ("4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", ["4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1"]),
    ("Mastercard 5555555555554444", ["5555555555554444"]),
    ("Mastercard 2223003122003222", ["2223003122003222"]),
    ("American Express 378282246310005", ["378282246310005"]),
    ("American Express 3714 496353 98431", ["3714 496353 98431"]),
    ("Discover 6011111111111117", ["6011111111111117"]),
    ("Discover 6445644564456445", ["6445644564456445"]),
    ("Diners 30569309025904", ["30569309025904"]),
    ("Diners 3622 720627 1667", ["3622 720627 1667"]),
    ("Diners 38520000023237", ["38520000023237"]),
    ("JCB 3530111333300000", ["3530111333300000"]),
    ("UnionPay 6200000000000005", ["6200000000000005"]),
    ("UnionPay 6205500000000000004", ["6205500000000000004"]),
    ("Maestro 6304000000000000", ["6304000000000000"]),
    ("Maestro 6759649826438453", ["6759649826438453"]),
    ("Mir 2200000000000004", ["2200000000000004"]),
    ("RuPay 6070000000000002", ["6070000000000002"]),
    ("Troy 9792000000000003", ["9792000000000003"]),
    ("Order 12 4111111111111111", ["4111111111111111"]),
    ("Order 12 4111 1111 1111 1111", ["4111 1111 1111 1111"]),
    ("4111 1111 1111 1111 12", ["4111 1111 1111 1111"]),
    ("4111 1111 1111 1111 1234 5678", ["4111 1111 1111 1111"]),
    ("4111 1111 1111 1111 123456789012", ["4111 1111 1111 1111"]),
    ("4111111111111111-2030", ["4111111111111111"]),
    ("4111111111111111 5555555555554444", ["4111111111111111", "5555555555554444"]),
    ("4111111111111111,5555555555554444", ["4111111111111111", "5555555555554444"]),
    ("PAN:4111111111111111", ["4111111111111111"]),
    ("card4111111111111111x", ["4111111111111111"]),
    ("Card no.4111111111111111", ["4111111111111111"]),
    ('{"pan":"4111111111111111"}', ["4111111111111111"]),
    ("４１１１１１１１１１１１１１１１", ["４１１１１１１１１１１１１１１１"]),
    ("4111%201111%201111%201111", ["4111%201111%201111%201111"]),
    ("卡号4111111111111111。", ["4111111111111111"]),
)

NOT_FOUND = (
    "4111111111111112",
    "4111 1111 1111 1112",
    "411111111111111",
    "411111111111111111111111",
    "4111 1111 1111 1111222222222222",
    "0000000000000000",
    "1234567890123456",
    "79927398713",
    "1700000000000 milliseconds",
    "0.4111111111111111",
    "3.4111111111111111e5",
    "4111  1111  1111  1111",
    "4111\n1111\n1111\n1111",
    "9999999999999995",
    "7111111111111116",
    "12 345 678 901 234 567",
)


@pytest.mark.parametrize(("text", "values"), FOUND)
def test_cards_are_found(text: str, values: list[str]) -> None:
    assert find(PATTERNS, text, "CREDIT_CARD") == values


@pytest.mark.parametrize("text", NOT_FOUND)
def test_other_numbers_are_left_alone(text: str) -> None:
    assert find(PATTERNS, text, "CREDIT_CARD") == []


@pytest.mark.parametrize("digits", ["4111111111111111", "5555555555554444", "378282246310005", "30569309025904"])
def test_any_single_wrong_digit_is_noticed(digits: str) -> None:
    wrong = [
        digits[:at] + str(other) + digits[at + 1 :]
        for at in range(len(digits))
        for other in range(10)
        if str(other) != digits[at]
    ]
    assert is_luhn(digits)
    assert not any(map(is_luhn, wrong))


@pytest.mark.parametrize(
    ("digits", "issued"),
    [
        ("2221000000000009", True),
        ("2720990000000007", True),
        ("2220990000000002", False),
        ("2721000000000004", False),
        ("3528000000000007", True),
        ("3527000000000008", False),
        ("6440000000000005", True),
        ("6430000000000007", False),
    ],
)
def test_an_issuer_s_range_ends_where_it_ends(digits: str, issued: bool) -> None:
    assert is_luhn(digits)
    assert is_card(digits) is issued
