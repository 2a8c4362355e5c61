r"""Passwords and keys of no known form, behind a name that says what they are: `password = "…"`, `api_key: …`.

In configuration, code, JSON, YAML, XML, shell, headers and command lines. A value is judged by how random it looks;
variables, calls, placeholders and words are none. It cannot see a value whose name says nothing, a passphrase of plain
words, or one that stands a line below its name (but for YAML's `name:` and `value:`).
"""

import re
from collections.abc import Callable
from typing import Final

from guard.scan.pattern import Pattern
from guard.security.secret.form import NAME_END
from guard.security.secret.randomness import entropy, wordiness
from guard.security.secret.stand_in import is_stand_in

_VALUE_CHARS: Final = r"!#-&(-;=?-_a-\x7e\x80\xaa"
"""Whatever shows, but for quotes, backticks and angle brackets."""

_ASSIGNS: Final = (
    r"(?::? ?(?:str|string|String|char|text|&str|const char\*?))?"
    r"(?:[ \t]{0,4}(?:={1,3}>?|:=|!==?|:|,|>|\|\||\()[ \t]{0,4}|[ \t]=>[ \t]| value=|\n {1,16}value: |[ \t]{1,4})"
    r"(?:[rbuf@$]{0,2}\\?[\"'`]{1,3})?"
)
_NAMED: Final = rf"[0-9A-Za-z_.\-]{{0,24}}{NAME_END}{_ASSIGNS}[{_VALUE_CHARS}]{{6}}[{_VALUE_CHARS}]*"

_WORD: Final = (
    r"(?:passw(?:or)?d|passwrd|passphrase|passcode|passwort|kennwort|contrase[\xaan]a|senha|wachtwoord|haslo|parola"
    r"|mot[_ ]?de[_ ]?passe|identified by|pwd|(?:db|user|root|admin|my|sql)pass)"
)
_SHORT: Final = r"(?:pass|pw|psw)"
"""Names of passwords that other words end in: they stand apart."""
_PART: Final = r"(?:auth|key|salt|sig|signature|psk|hash_?key)"
"""What names a key only as a later part of a name: `app_key`. Its sign in front is not waited for."""
_NOT_A_SIGN: Final = r"\x00-,/-\^`-\xff"
_KEY: Final = (
    r"(?:secret|token|credentials?|(?:api|app|access|account|auth|consumer|crypt(?:o|ion)?|cipher|client|encrypt(?:ion)?"
    r"|hmac|license|master|private|secure|security|service|session|shared|sign(?:ing|ature)?|storage|subscription|user"
    r"|webhook|admin|deploy|root|server|aes|des|jwt|rsa|ssh|sas|vault|x|pre_?shared)[ _.\-]?(?:api[_.\-]?)?key"
    r"|bearer)"
)

_SPLIT: Final = re.compile(
    rf"(?P<name>(?:{_WORD}|{_KEY}|{_SHORT}|{_PART})[0-9A-Za-z_.\-]{{0,24}}?){NAME_END}(?P<sign>{_ASSIGNS})"
    rf"(?P<value>[{_VALUE_CHARS}]*)\Z",
    re.IGNORECASE,
)
_ABOUT: Final = re.compile(
    r"(?:length|len|size|type|name|names|id|ids|ur[il]|uris?|path|file|filename|field|label|policy|hint|prompt|regex|pattern"
    r"|format|min|max|count|limits?|expir\w*|ttl|timeout|header|prefix|suffix|version|encoding|alg|algorithm|provider"
    r"|manager|errors?|message|msg|title|text|input|index|refs?|arn|location|dir|class|at|date|time|required|enabled|column"
    r"|page|link|valid\w*|reset|change[ds]?|endpoint|usage|style|status|kind|mode|scopes?|audience|issuer|list|map|store"
    r"|factory|service|generator|handler|helper|rotation|lifetime|lifespan|strength|rules?|module|model|method|func\w*|node"
    r"|pass(?:ed|es|ing|ive|age|engers?|ports?|through|thru|band)\w*|info|fingerprint|checksum|digest|alias|bits|vault|codes?|request|response|public\w*|pub)s?\Z",
    re.IGNORECASE,
)
_CODE: Final = re.compile(
    r"[A-Za-z_$]\w*(?:(?:\.|::|->|\?\.)[A-Za-z_]\w*)+[(;,)]*|.*[(\[{]|&?[A-Za-z_]\w*[)\]].*", re.DOTALL
)
_END_BARE: Final = re.compile(r"[,;)}\]|]|&\w+=")
_PATH: Final = re.compile(
    r"[a-z][a-z0-9+.\-]*://|\.{0,2}/|~/|[A-Za-z]:\\|[\w.\-]+\.(?:pem|key|json|ya?ml|txt|py|js|ts|go|conf|html?)\Z"
)
_LEAST_CHARS: Final = 6
_LEAST_KINDS: Final = 3
"""Of characters, in a value that no sign assigns: prose goes on behind a name, too."""
_NUMBER: Final = re.compile(r"[0-9.,:+\-xX%/\\]*|0[xX][0-9A-Fa-f]+")


def validate_password(text: str) -> tuple[int, int] | None:
    """The value, if it is what someone would choose or a machine would make as a password."""
    return _value(text, _is_password)


def validate_key(text: str) -> tuple[int, int] | None:
    """The value, if it looks as if a machine had made it."""
    return _value(text, _is_key)


def validate_header(text: str) -> tuple[int, int] | None:
    """The last word of a header, if it looks as if a machine had made it."""
    start = max(text.rfind(mark) for mark in " =\t") + 1 if not text.endswith("=") else text.rfind(" ") + 1
    value = text[start:].rstrip(".")
    return None if is_stand_in(value) or not _is_key(value, quoted=True) else (start, start + len(value))


def _value(text: str, judge: Callable[[str, bool], bool]) -> tuple[int, int] | None:
    """Where the value stands, behind a name that is not about something else, if `judge` takes it."""
    match = _SPLIT.match(text)
    if match is None or _ABOUT.search(match["name"]):
        return None
    value, quoted = match["value"], match["sign"][-1] in "\"'`"
    if not quoted:
        value = _END_BARE.split(value, maxsplit=1)[0]
    value = value.rstrip("\\" if quoted else "\\.:")
    if not quoted and "," in match["sign"]:
        return None  # the next of a list
    if match["sign"].isspace() and (judge is not _is_password or _kinds(value) < _LEAST_KINDS):
        return None
    if len(value) < _LEAST_CHARS or _is_other(value, quoted) or is_stand_in(value) or not judge(value, quoted):
        return None
    return match.start("value"), match.start("value") + len(value)


def _is_other(value: str, quoted: bool) -> bool:
    """A number, a path, an address, or code."""
    if _NUMBER.fullmatch(value) or _PATH.match(value):
        return True
    return not quoted and _CODE.match(value) is not None


def _is_password(value: str, quoted: bool) -> bool:
    kinds = _kinds(value)
    if len(value) > 100 or kinds < 2 or not any(map(str.isalpha, value)):
        return False
    if value.replace("_", "").replace("-", "").isalpha():
        return entropy(value) >= 3 and wordiness(value) < 0.3
    return wordiness(value) <= (0.7 if quoted else 0.65)


def _kinds(value: str) -> int:
    """How many there are of: small letters, capitals, digits, signs."""
    return sum(any(map(test, value)) for test in (str.islower, str.isupper, str.isdigit)) + (not value.isalnum())


def _is_key(value: str, quoted: bool) -> bool:
    if not 10 <= len(value) <= 600 or entropy(value) < 2.8 or wordiness(value) > (0.45 if quoted else 0.4):
        return False
    return any(map(str.isdigit, value)) or (len(value) >= 16 and value != value.lower() and value != value.upper())


PATTERNS: Final[tuple[Pattern, ...]] = (
    Pattern(
        type="SECRET_PASSWORD",
        rule="password_assignment",
        body=_WORD + _NAMED,
        rest=_NAMED,
        caseless=True,
        score=0.8,
        validate=validate_password,
    ),
    Pattern(
        type="SECRET_PASSWORD",
        rule="short_password_assignment",
        body=_SHORT + _NAMED,
        rest=_NAMED,
        not_after="0-9A-Za-z",
        caseless=True,
        score=0.8,
        validate=validate_password,
    ),
    Pattern(
        type="SECRET_HIGH_ENTROPY",
        rule="key_part_assignment",
        body=_PART + _NAMED,
        rest=_NAMED,
        not_after=_NOT_A_SIGN,
        caseless=True,
        score=0.8,
        validate=validate_key,
    ),
    Pattern(
        type="SECRET_HIGH_ENTROPY",
        rule="key_assignment",
        body=_KEY + _NAMED,
        rest=_NAMED,
        caseless=True,
        score=0.8,
        validate=validate_key,
    ),
    Pattern(
        type="SECRET_HIGH_ENTROPY",
        rule="authorization_header",
        body=r"authorization\\?[\"'`]?\]?[ \t]{0,3}(?:=>|[:=,])[ \t]{0,3}\\?[\"'`]?"
        r"(?:bearer|token|key|apikey|ssws)[ =][ \t]{0,3}"
        r"[0-9A-Za-z_.~+/=\-]{12}[0-9A-Za-z_.~+/=\-]*",
        caseless=True,
        score=0.9,
        validate=validate_header,
    ),
)
