"""Values that must never come through: documentation and test values, one of each kind."""

EMAIL = "jane.roe@example.com"
CARD = "4111 1111 1111 1111"
PHONE = "415-555-0132"
AWS_KEY = "AKIAIOSFODNN7EXAMPLE"
GITHUB_TOKEN = "ghp_EXAMPLEexampleEXAMPLEexampleEXAMPLE0"
EMAIL_2 = "john.doe@example.org"
PHONE_2 = "212-555-0187"

PLANTED = (EMAIL, CARD, PHONE, AWS_KEY, GITHUB_TOKEN, EMAIL_2, PHONE_2)

CLIENT_KEY = "client-secret"
BACKEND_KEY = "backend-secret"


def assert_clean(text: str | bytes) -> None:
    """No planted value, nor a telling half of one, is in `text`."""
    shown = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    found = [value for value in (*PLANTED, "jane.roe", "4111 1111", "IOSFODNN7", "ghp_EX") if value in shown]
    assert not found, f"{len(found)} planted value(s) came through: {found}"
