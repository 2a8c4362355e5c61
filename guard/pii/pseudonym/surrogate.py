"""Surrogates: plausible values of the same kind, chosen by a keyed number, that belong to nobody.

Where a range is reserved for examples the surrogate comes from it (RFC 2606, RFC 5737, RFC 3849, RFC 7042,
ATIS-0300115); numbers with check digits get right ones. Types without a row here have no surrogate: a placeholder
stands for them.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from guard.pii.pseudonym import surrogate_name

Maker = Callable[[str, int], str]
"""Given the value and a number, a surrogate."""

_HOSTS: Final = ("example.com", "example.org", "example.net")
_NETWORKS: Final = ("192.0.2", "198.51.100", "203.0.113")


def surrogate(type_: str, value: str, number: int) -> str | None:
    """A surrogate for a value; the same for the same number. None if there is none for its type."""
    maker = _MAKERS.get(type_)
    return None if maker is None else maker(value, number)


def _email(_value: str, number: int) -> str:
    host, rest = _HOSTS[number % 3], number // 3
    return f"{surrogate_name.handle(rest)}{rest % 9_000 + 1_000}@{host}"


def _card(value: str, number: int) -> str:
    """A number that begins as the payment networks' test cards do, and as the value does: same network, same length."""
    digits = _digits(value)
    body = (digits[:1] or "4") + "0" * 5 + _decimal(number, max(len(digits), 13) - 7)
    return _in_form(body + _luhn(body), value)


def _iban(value: str, number: int) -> str:
    """An account of the same country whose digits are drawn anew, its letters kept, with right check digits."""
    plain = "".join(c for c in value if c.isalnum()).upper()
    drawn = iter(_decimal(number, len(plain)))
    account = "".join(next(drawn) if c.isdigit() else c for c in plain[4:])
    check = 98 - int("".join(str(int(c, 36)) for c in f"{account}{plain[:2]}00")) % 97
    return _in_form(f"{plain[:2]}{check:02d}{account}", value)


def _ssn(value: str, number: int) -> str:
    """An area above 899, which was never given out (20 CFR 422.103); the middle is none of a taxpayer number's."""
    return _in_form(f"9{_decimal(number, 2)}{number // 100 % 49 + 1:02d}{number // 4900 % 9999 + 1:04d}", value)


def _phone(value: str, number: int) -> str:
    """The value's own form; its last digits are drawn anew, in North America from the fictitious 555-01xx."""
    digits = _digits(value)
    if len(digits) in (10, 11) and digits[-10:-7].isdigit() and _is_north_american(value, digits):
        return _in_form(f"{digits[:-7]}55501{_decimal(number, 2)}", value)
    kept = max(0, len(digits) - 6)
    return _in_form(digits[:kept] + _decimal(number, len(digits) - kept), value)


def _ip(value: str, number: int) -> str:
    if ":" in value:
        return f"2001:db8::{number % 0xFFFF:x}:{number // 0xFFFF % 0xFFFF:x}"
    return f"{_NETWORKS[number % 3]}.{number // 3 % 254 + 1}"


def _mac(value: str, number: int) -> str:
    mark = next((c for c in value if not c.isalnum()), ":")
    return mark.join(("00", "00", "5E", "00", "53", f"{number % 256:02X}"))


def _url(_value: str, number: int) -> str:
    return f"https://{_HOSTS[number % 3]}/{_decimal(number // 3, 6)}"


def _is_north_american(value: str, digits: str) -> bool:
    return (len(digits) == 11 and digits[0] == "1") or (len(digits) == 10 and "+" not in value and digits[0] > "1")


def _digits(value: str) -> str:
    return "".join(c for c in value if c.isascii() and c.isdigit())


def _decimal(number: int, size: int) -> str:
    """The last digits of a number, as many as asked for."""
    return f"{number % 10**size:0{size}d}" if size > 0 else ""


def _in_form(text: str, form: str) -> str:
    """Letters and digits of `text`, with the signs of `form` between them."""
    drawn = iter(text)
    signs = [next(drawn, "") if c.isalnum() else c for c in form]
    return "".join(signs) + "".join(drawn)


def _luhn(body: str) -> str:
    total = 0
    for place, digit in enumerate(reversed(body)):
        doubled = int(digit) * (2 if place % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return str(-total % 10)


_MAKERS: Final[Mapping[str, Maker]] = MappingProxyType(
    {
        "PERSON": surrogate_name.person,
        "LOCATION": surrogate_name.place,
        "ORGANIZATION": surrogate_name.organisation,
        "STREET_ADDRESS": surrogate_name.address,
        "USERNAME": lambda _value, number: f"{surrogate_name.handle(number)}{number % 9_000 + 1_000}",
        "EMAIL_ADDRESS": _email,
        "PHONE_NUMBER": _phone,
        "CREDIT_CARD": _card,
        "IBAN_CODE": _iban,
        "US_SSN": _ssn,
        "IP_ADDRESS": _ip,
        "MAC_ADDRESS": _mac,
        "URL": _url,
    }
)
