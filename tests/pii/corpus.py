"""Every text of every detector's table, and every pattern: what the tests about all detectors at once run over.

The hundreds of providers' forms are left out: two functions make them all, and they have tests of their own.
"""

from collections.abc import Iterable
from types import ModuleType

from guard.pii.table import NAMED
from guard.pii.table import PATTERNS as PII
from guard.security.secret.table import FORMS
from guard.security.table import PATTERNS as SECURITY
from tests.pii import (
    test_card,
    test_crypto,
    test_email,
    test_iban,
    test_ip,
    test_keyed,
    test_phone,
    test_spelled,
    test_ssn,
)
from tests.security import (
    test_aws,
    test_basic_auth,
    test_chat_template,
    test_dangerous_code,
    test_exfil_link,
    test_jwt,
    test_keyed_password,
    test_private_key,
    test_tokens,
    test_url_credentials,
)

ALL_PATTERNS = (*PII, *NAMED, *SECURITY)
PATTERNS = tuple(pattern for pattern in ALL_PATTERNS if pattern not in FORMS and pattern.judge is None)

_MODULES: tuple[ModuleType, ...] = (
    test_card,
    test_crypto,
    test_email,
    test_iban,
    test_ip,
    test_keyed,
    test_phone,
    test_spelled,
    test_ssn,
    test_aws,
    test_basic_auth,
    test_chat_template,
    test_dangerous_code,
    test_exfil_link,
    test_jwt,
    test_keyed_password,
    test_private_key,
    test_tokens,
    test_url_credentials,
)


def _texts(module: ModuleType) -> Iterable[str]:
    for table in (value for name, value in vars(module).items() if name.isupper() and isinstance(value, tuple)):
        for row in table:
            if isinstance(row, str):
                yield row
            elif isinstance(row, tuple):
                yield row[0] if isinstance(row[1], list) or row[1] is None else row[1]


TEXTS = tuple(dict.fromkeys(text for module in _MODULES for text in _texts(module) if isinstance(text, str)))
