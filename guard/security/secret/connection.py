"""Connection strings: lists of `Key=value` (ODBC, ADO.NET, Azure), JDBC's parameters, Oracle's short form, `curl -u`.

The password alone is the finding. Addresses with a user and a password in front of the host are in
`guard/security/url_credentials.py`. It cannot see a password in a list without `;`, or one that holds a quote.
"""

import re
from typing import Final

from guard.scan.pattern import Pattern
from guard.security.secret.stand_in import is_stand_in

_VALUE: Final = r"[!#-&(-:=?-_a-\x7e\x80\xaa]"
"""Whatever shows, but for quotes, backticks, angle brackets and the semicolon."""
_NAMES: Final = (
    r"(?:password|pwd|accountkey|sharedaccesskey|sharedsecretvalue|sharedsecret|accesskey|secret|clientsecret)"
)
_OTHERS: Final = (
    r"(?:user ?id|user|uid|username|server|data source|database|initial catalog|host|port|encrypt|trusted_connection"
    r"|integrated security|persist security info|driver|endpointsuffix|entitypath|pooling|multipleactiveresultsets)"
)
_LEAST_CHARS: Final = 4


def validate_last(text: str) -> tuple[int, int] | None:
    """What stands behind the last sign of a password's name."""
    match = re.search(rf"{_NAMES} ?= ?(?P<value>{_VALUE}+)\Z", text, re.IGNORECASE)
    return None if match is None else _password(match["value"], match.start("value"))


def validate_first(text: str) -> tuple[int, int] | None:
    """What stands between a password's name and the next key."""
    match = re.match(rf"{_NAMES} ?= ?(?P<value>{_VALUE}+);", text, re.IGNORECASE)
    return None if match is None else _password(match["value"], match.start("value"))


def validate_parameter(text: str) -> tuple[int, int] | None:
    """The password among an address's parameters, or behind the user's name of Oracle's."""
    match = re.search(r"[?&;:](?:password|pwd|pass)=(?P<value>[^&;]+)", text, re.IGNORECASE) or re.match(
        r"jdbc:oracle:\w+:[\w.\-]+/(?P<value>[^@]+)@", text, re.IGNORECASE
    )
    return None if match is None else _password(match["value"], match.start("value"))


def validate_user(text: str) -> tuple[int, int] | None:
    """The password behind the user's name of a command line."""
    start = text.index(":") + 1
    return None if text[start:].isdigit() else _password(text[start:], start)


def _password(value: str, start: int) -> tuple[int, int] | None:
    value = value.rstrip("\\,)")
    if len(value) < _LEAST_CHARS or is_stand_in(value) or len(set(value)) < 3:
        return None
    return start, start + len(value)


PATTERNS: Final[tuple[Pattern, ...]] = (
    Pattern(
        type="SECRET_CONNECTION_STRING",
        rule="connection_password",
        body=rf"; ?{_NAMES} ?= ?{_VALUE}{{4}}{_VALUE}*",
        caseless=True,
        score=0.95,
        validate=validate_last,
    ),
    Pattern(
        type="SECRET_CONNECTION_STRING",
        rule="connection_password_first",
        body=rf"{_NAMES} ?= ?{_VALUE}{{4}}{_VALUE}*; ?{_OTHERS} ?=",
        not_after="0-9A-Za-z_",
        caseless=True,
        score=0.95,
        validate=validate_first,
    ),
    Pattern(
        type="SECRET_CONNECTION_STRING",
        rule="jdbc_password",
        body=r"jdbc:[a-z0-9]+:[!#-&(-;=?-_a-\x7e\x80\xaa]{6}[!#-&(-;=?-_a-\x7e\x80\xaa]*",
        not_after="0-9A-Za-z",
        caseless=True,
        score=0.95,
        validate=validate_parameter,
    ),
    Pattern(
        type="SECRET_PASSWORD",
        rule="command_password",
        not_after=r"0-9A-Za-z\-",
        body=r"-(?:u|-user)[ =][\"']?[0-9A-Za-z_.@\-]+:[!#-&(-;=?-_a-\x7e\x80\xaa]{4}[!#-&(-;=?-_a-\x7e\x80\xaa]*",
        score=0.85,
        validate=validate_user,
    ),
)
