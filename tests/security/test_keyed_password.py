"""A password is found behind its key, and what only speaks of one is left alone. All values are made up."""

import pytest

from guard.security.keyed_password import PATTERNS
from tests.pii.reference import find

FOUND = (
    ('{"password": "hunter2x"}', ["hunter2x"]),
    ('{"user": "jo", "dbPassword": "S3cret pass", "password":"pa55,word!"}', ["pa55,word!"]),
    ("password: 'tr0ub4dor&3'", ["tr0ub4dor&3"]),
    ('db_password = "x"; passwd="k9#Lq2"', ["k9#Lq2"]),
    ('{\\"pwd\\": \\"hunter2x\\"}', ["hunter2x"]),
)
NOT_FOUND = (
    '{"password": null}',
    '{"password": ""}',
    '{"password": "string"}',
    '{"password": "Password"}',
    '{"password": "your_password_here"}',
    '{"password": "at least 8 characters"}',
    '{"password": "Forgot your password?"}',
    '{"password": "${DB_PASSWORD}"}',
    '{"password": "<password>"}',
    '{"password": "********"}',
    '{"password": "{{ secret }}"}',
    '{"passwordHint": "hunter2x"}',
    '{"compass": "hunter2x"}',
    'password = getenv("DB_PASSWORD2")',
)


@pytest.mark.parametrize(("text", "values"), FOUND)
def test_a_password_is_found_by_its_key(text: str, values: list[str]) -> None:
    assert find(PATTERNS, text, "SECRET_PASSWORD") == values


@pytest.mark.parametrize("text", NOT_FOUND)
def test_what_is_no_password_is_left_alone(text: str) -> None:
    assert find(PATTERNS, text, "SECRET_PASSWORD") == []
