"""Personal data that is known by its key, in JSON, YAML, forms and markup, also where its form alone says little.

Only keys that mean one thing are taken: `name`, `id`, `address` alone, `user` or `number` are not. A value that is a
placeholder or a description (`"first_name": "string"`) is none. It can't see values longer than the bounds below, nor
tell a real value from an invented one.
"""

import re
from typing import Final

from guard.pii.digits import only_digits
from guard.scan.key import Check, keyed, keyed_text
from guard.scan.pattern import OTHER_LETTER, Pattern

_DIGITS: Final = re.compile(r"[0-9](?:[ .\-]?[0-9])*")
_PHONE: Final = re.compile(r"\+?\(?[0-9](?:[ ().\-/]{0,3}[0-9])*")
_CODE: Final = re.compile(r"[0-9A-Za-z]+(?:-[0-9A-Za-z]+)*")
_DATE: Final = re.compile(
    r"(?:[0-9]{4}[\-/.][0-9]{1,2}[\-/.][0-9]{1,2}|[0-9]{1,2}[\-/.][0-9]{1,2}[\-/.](?:[0-9]{4}|[0-9]{2})"
    r"|[0-9]{8}|[0-9]{1,2} [A-Za-z]{3,9} [0-9]{4})(?![0-9A-Za-z])"
)
_LETTER: Final = f"A-Za-z{OTHER_LETTER}"
_NAME: Final = re.compile(rf"[{_LETTER}][{_LETTER}'.\-]*(?: [{_LETTER}][{_LETTER}'.\-]*){{0,4}}")
_STREET: Final = re.compile(rf"(?=[^0-9]*[0-9])(?=.*[{_LETTER}]{{3}})(?=.*[ ,])[^@<>{{}}$|\\]*")
_DESCRIPTIONS: Final = (
    "string str text varchar char null none nil undefined unknown required optional true false name first last full "
    "middle given family surname nickname example sample test user value field column label input your enter n/a na "
    "firstname lastname fullname type object any"
)
"""Words that say what belongs there."""
_NO_NAME: Final = frozenset(_DESCRIPTIONS.split())


def _numbered(least: int, most: int) -> Check:
    """A number of so many digits, with single separators."""

    def check(text: str) -> int:
        found = _DIGITS.match(text)
        digits = "" if found is None else only_digits(found[0])
        return found.end() if found and least <= len(digits) <= most and len(set(digits)) > 1 else 0

    return check


def _phone(text: str) -> int:
    found = _PHONE.match(text)
    digits = "" if found is None else only_digits(found[0])
    return found.end() if found and 7 <= len(digits) <= 15 and len(set(digits)) > 2 else 0


def _code(text: str) -> int:
    """Letters and digits of a document; some digits at least."""
    found = _CODE.match(text)
    return found.end() if found and 5 <= found.end() <= 20 and len(only_digits(found[0])) >= 3 else 0


def _date(text: str) -> int:
    found = _DATE.match(text)
    return 0 if found is None else found.end()


def _name(text: str) -> int:
    said = text.strip()
    if len(said) < 2 or _NAME.fullmatch(said) is None:
        return 0
    return 0 if any(word.lower() in _NO_NAME for word in said.split()) else len(text)


def _bare_name(text: str) -> int:
    """Without quotes a name ends with its line, and each of its words begins with a capital."""
    said = text.rstrip()
    return _name(said) if all(not word[0].islower() for word in said.split()) else 0


def _street(text: str) -> int:
    return len(text) if len(text) >= 6 and _STREET.fullmatch(text) else 0


_NUMBER: Final = r"[0-9][0-9 .\-]{4,31}"
_NAMES: Final = (
    "first_name last_name middle_name maiden_name given_name family_name full_name sur_name fore_name legal_name "
    "patient_name customer_name card_holder card_holder_name name_on_card account_holder account_holder_name "
    "beneficiary_name birth_name emergency_contact_name"
)

PATTERNS: Final[tuple[Pattern, ...]] = (
    keyed(
        "US_SSN",
        "keyed_ssn",
        "ssn ssn_number social_security social_security_number social_security_no",
        _NUMBER,
        _numbered(9, 9),
        0.95,
    ),
    keyed(
        "CREDIT_CARD",
        "keyed_card",
        "card_number card_no cc_number cc_num credit_card credit_card_number debit_card_number",
        _NUMBER,
        _numbered(12, 19),
        0.9,
    ),
    keyed(
        "US_BANK_NUMBER",
        "keyed_account",
        "account_number account_no acct_number acct_no bank_account bank_account_number",
        _NUMBER,
        _numbered(6, 17),
        0.75,
    ),
    keyed(
        "ABA_ROUTING_NUMBER",
        "keyed_routing",
        "routing_number aba_number aba_routing_number",
        _NUMBER,
        _numbered(9, 9),
        0.85,
    ),
    keyed(
        "US_ITIN", "keyed_tax", "itin tax_id tin tax_payer_id tax_identification_number", _NUMBER, _numbered(9, 9), 0.75
    ),
    keyed("UK_NHS", "keyed_nhs", "nhs_number nhs_no", _NUMBER, _numbered(10, 10), 0.9),
    keyed(
        "PHONE_NUMBER",
        "keyed_phone",
        "phone phone_number phone_no mobile mobile_number mobile_phone cell_phone home_phone work_phone telephone "
        "telephone_number tel fax fax_number contact_number",
        r"[+(0-9][0-9 ().\-/]{5,31}",
        _phone,
        0.8,
    ),
    keyed(
        "US_PASSPORT",
        "keyed_passport",
        "passport passport_number passport_no",
        r"[0-9A-Za-z][0-9A-Za-z\-]{4,20}",
        _code,
        0.85,
    ),
    keyed(
        "US_DRIVER_LICENSE",
        "keyed_license",
        "driver_license driver_license_number drivers_license drivers_license_number driving_licence "
        "driving_licence_number license_number licence_number",
        r"[0-9A-Za-z][0-9A-Za-z\-]{4,20}",
        _code,
        0.75,
    ),
    keyed(
        "MEDICAL_RECORD",
        "keyed_medical_record",
        "mrn medical_record medical_record_number patient_id",
        r"[0-9A-Za-z][0-9A-Za-z\-]{4,20}",
        _code,
        0.75,
    ),
    keyed(
        "DATE_TIME",
        "keyed_birth",
        "dob date_of_birth birth_date birth_day birth_date_time",
        r"[0-9][0-9A-Za-z .\-/]{5,20}",
        _date,
        0.9,
    ),
    keyed("PERSON", "keyed_bare_name", _NAMES, rf"[{_LETTER}][{_LETTER}'. \-]{{1,48}}", _bare_name, 0.7, quotes=""),
    keyed_text("PERSON", "keyed_name", _NAMES, _name, 0.85, 64),
    keyed_text(
        "STREET_ADDRESS",
        "keyed_street",
        "address street street_address home_address mailing_address billing_address shipping_address postal_address "
        "address_line address_line_1 address_line1 address1 street1",
        _street,
        0.75,
        128,
    ),
)
