"""JSON web tokens are found as far as their header says they go.

The tokens are the examples of RFC 7519 and RFC 7516, or are built here from readable parts.
"""

import base64

import pytest

from guard.security.jwt import PATTERNS
from tests.pii.reference import find


def part(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


HEADER = part(b'{"alg":"HS256","typ":"JWT"}')
SIGNED = ".".join((HEADER, part(b'{"sub":"1234567890","name":"Nobody"}'), "NOTAREALSIGNATURE"))
RFC7519 = (
    "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
    ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
)
UNSECURED = ".".join((part(b'{"alg":"none"}'), part(b'{"iss":"nobody"}'), ""))
RFC7516 = (
    "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.OKOawDo13gRp2ojaHV7LFpZcgV7T6DVZKTyKOMTYUmKoTCVJRgckCL9kiMT03JGe"
    ".48V1_ALb6US04U3b.5eym8TW_c8SuK0ltJ3rpYIzOeDQz7TALvtu6UG9oMo4vpzs9tX_EFShS8iB7j6ji"
    ".XFBoMYUZodetZdvTiFvSkQ"
)

FOUND = (
    (f"Bearer {SIGNED}", [SIGNED]),
    (f'{{"token":"{SIGNED}"}}', [SIGNED]),
    (RFC7519, [RFC7519]),
    (RFC7516, [RFC7516]),
    (UNSECURED, [UNSECURED]),
    (f"{SIGNED}.", [SIGNED]),
    (f"{SIGNED}.Next sentence", [SIGNED]),
    (f"{RFC7516}.Next", [RFC7516]),
    (f"{SIGNED} {RFC7519}", [SIGNED, RFC7519]),
    (SIGNED.rpartition(".")[0], [SIGNED.rpartition(".")[0]]),
    ("eyJNOTAHEADER.eyJzdWIiOiJub2JvZHkifQ.sig", ["eyJNOTAHEADER.eyJzdWIiOiJub2JvZHkifQ.sig"]),
)

NOT_FOUND = (
    HEADER,
    f"{HEADER}. Then a sentence",
    "eyJNOTAHEADER.somewhere.else",
    f"x{SIGNED}",
    part(b'{"typ":"JWT"}') + ".body.tail",
    part(b'{"alg":1}') + ".body.tail",
    part(b'{"a":' + b"[" * 5000) + ".body.tail",
    part(b'{"alg":"\xff\xfe"}') + ".body.tail",
)


@pytest.mark.parametrize(("text", "values"), FOUND)
def test_tokens_are_found(text: str, values: list[str]) -> None:
    assert find(PATTERNS, text, "SECRET_JWT") == values


@pytest.mark.parametrize("text", NOT_FOUND)
def test_look_alikes_are_left_alone(text: str) -> None:
    assert find(PATTERNS, text, "SECRET_JWT") == []
