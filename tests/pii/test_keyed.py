"""A key says what its value is: in JSON, YAML, forms and markup. Keys that mean several things say nothing.

All values are made up.
"""

import pytest

from guard.pii.keyed import PATTERNS
from tests.pii.reference import find

FOUND = (
    ("US_SSN", '{"ssn": "078051120"}', ["078051120"]),
    ("US_SSN", '{"ssn":536904399}', ["536904399"]),
    ("US_SSN", "ssn: 536-90-4399\n", ["536-90-4399"]),
    ("US_SSN", '{"user_ssn": "536904399", "n": 1}', ["536904399"]),
    ("US_SSN", "socialSecurityNumber=536904399&x=1", ["536904399"]),
    ("CREDIT_CARD", '{"card_number": 4111111111111112}', ["4111111111111112"]),
    ("CREDIT_CARD", '"cardNumber" => "4111 1111 1111 1112"', []),
    ("CREDIT_CARD", '"cardNumber"=>"4111 1111 1111 1112"', ["4111 1111 1111 1112"]),
    ("CREDIT_CARD", '{\\"card-number\\": \\"4111111111111112\\"}', ["4111111111111112"]),
    ("US_BANK_NUMBER", '{"account_number": "0012345678"}', ["0012345678"]),
    ("ABA_ROUTING_NUMBER", '{"routing_number": "021000021"}', ["021000021"]),
    ("US_ITIN", '{"tax_id": "91-2701234"}', ["91-2701234"]),
    ("UK_NHS", "nhs_number: 943 476 5919", ["943 476 5919"]),
    ("PHONE_NUMBER", '{"phone": "5550132"}', ["5550132"]),
    ("PHONE_NUMBER", "<phone>030 1234567</phone>", ["030 1234567"]),
    ("PHONE_NUMBER", '{"mobileNumber": "+49 (0) 151 2345678"}', ["+49 (0) 151 2345678"]),
    ("US_PASSPORT", '{"passport_number": "C01X00T47"}', ["C01X00T47"]),
    ("US_DRIVER_LICENSE", '{"drivers_license": "D123-4567-8901"}', ["D123-4567-8901"]),
    ("MEDICAL_RECORD", "MRN: A1234567", ["A1234567"]),
    ("DATE_TIME", '{"dob": "1980-02-03"}', ["1980-02-03"]),
    ("DATE_TIME", '{"dateOfBirth": "03/02/1980"}', ["03/02/1980"]),
    ("DATE_TIME", "birth_date: 3 February 1980\n", ["3 February 1980"]),
    ("PERSON", '{"first_name": "Maria"}', ["Maria"]),
    ("PERSON", '{"firstName": "maria", "lastName": "garc\u00eda l\u00f3pez"}', ["maria", "garc\u00eda l\u00f3pez"]),
    ("PERSON", "last_name: O'Neil-Smith\nage: 3", ["O'Neil-Smith"]),
    ("PERSON", "first_name=Maria&last_name=Jones", ["Maria", "Jones"]),
    ("PERSON", "<FirstName>Maria</FirstName>", ["Maria"]),
    ("PERSON", "{'full_name': 'Maria Jones'}", ["Maria Jones"]),
    ("STREET_ADDRESS", '{"street_address": "12 Long Lane"}', ["12 Long Lane"]),
    ("STREET_ADDRESS", '{"address": "Lange Gasse 12, 1080 Wien"}', ["Lange Gasse 12, 1080 Wien"]),
)
NOT_FOUND = (
    '{"ssn": null}',
    '{"ssn": ""}',
    '{"ssn": "string"}',
    '{"ssn": "000000000"}',
    '{"ssn": "12345"}',
    '{"session": "536904399"}',
    '{"lessn": "536904399"}',
    '{"card_number": null, "n": 4111}',
    '{"card": "red", "number": 411111}',
    '{"name": "config.yaml"}',
    '{"name": "Maria"}',
    '{"id": 536904399}',
    '{"first_name": null}',
    '{"first_name": "string"}',
    '{"first_name": {"type": "string"}}',
    '{"first_name": "first_name"}',
    '{"first_name": "First name"}',
    '{"last_name": "required|max:255"}',
    '{"full_name": "octo/hello-world"}',
    "first_name: str\nlast_name: str",
    "first_name = models.CharField(max_length=30)",
    "first_name: Optional",
    "Last_name: please enter yours",
    '{"dob": "unknown"}',
    '{"dob": "1980"}',
    '{"phone": "iPhone 15"}',
    '{"phone": true, "n": 1234567}',
    "phone: call me at noon",
    '{"passport": "required"}',
    '{"address": "localhost"}',
    '{"address": "0x7ffeefbff5c8"}',
    '{"address": "joe@example.com, 12"}',
    '{"account_number": "ACME"}',
    '{"tel": "12"}',
)


@pytest.mark.parametrize(("type_", "text", "values"), FOUND)
def test_a_value_is_found_by_its_key(type_: str, text: str, values: list[str]) -> None:
    assert find(PATTERNS, text, type_) == values


@pytest.mark.parametrize("text", NOT_FOUND)
def test_what_is_no_value_is_left_alone(text: str) -> None:
    assert [pattern.rule for pattern in PATTERNS if find((pattern,), text, pattern.type)] == []
