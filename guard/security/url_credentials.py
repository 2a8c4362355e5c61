"""Addresses that carry a user's password: `scheme://user:password@host/…` (RFC 3986 3.2.1) of known schemes.

All of the address is the finding, since its query may repeat the secret. It cannot see a secret that stands where the
user's name belongs (`https://token@host`), nor key-value connection strings (`Server=…;Password=…`).
"""

import re
from typing import Final

from guard.scan.pattern import Pattern
from guard.security.placeholder import is_reference

_SCHEMES: Final = (
    r"(?:https?|wss?|ftps?|sftp|ssh|git|ldaps?|smtps?|imaps?|nats|kafka|mqtts?|amqps?|rediss?|memcached"
    r"|mongodb(?:\+srv)?|postgres(?:ql)?|mysqlx?|mariadb|mssql|sqlserver|oracle|clickhouse|cockroachdb|couchdb"
    r"|cassandra|neo4j|bolt|elasticsearch|influxdb|snowflake|redshift)"
)
_DRIVER: Final = r"(?:\+[0-9a-z_]+)?"
_NOT_IN_URL: Final = r"\x00-\x20\"'<>`"

_PORT: Final = re.compile(r"[0-9]{1,5}[/?#]")

_PUNCTUATION: Final = ".,;:!?)]}*_|\\"
"""What stands behind an address in running text."""


def validate_url(text: str) -> tuple[int, int] | None:
    """The address without the punctuation behind it, if it really has a password.

    The text's percent-escapes are decoded by now, so a password may hold `/` and `@`. A port looks like a password to
    which a slash follows: what is a number up to the first slash is one.
    """
    _, _, rest = text.partition("://")
    _, _, behind = rest.partition(":")
    if _PORT.match(behind) or is_reference(behind.rpartition("@")[0]):
        return None
    return 0, len(text.rstrip(_PUNCTUATION))


PATTERNS: Final[tuple[Pattern, ...]] = (
    Pattern(
        type="SECRET_CONNECTION_STRING",
        rule="url_credentials",
        body=rf"{_SCHEMES}{_DRIVER}://[^{_NOT_IN_URL}/@:?#\[]*:[^{_NOT_IN_URL}]+@[^{_NOT_IN_URL}@]+",
        not_after="0-9A-Za-z",
        caseless=True,
        score=0.95,
        validate=validate_url,
    ),
)
