"""Keys as context: `"ssn": "078051120"`, `card_number=4111…`, `firstName: Maria`, `<dob>1980-02-03</dob>`.

A key says what its value is, so a form that would be too weak by itself is enough. This is the part that all such rules
share: how a key is written and where its value begins. Keys are matched without regard to case, their words joined by
nothing, `_` or `-`. It can't see keys apart from their values (a table's header), keys written in words (`first name`),
or a value in an array.
"""

import re
from collections.abc import Callable
from typing import Final

from guard.scan.pattern import Pattern, Validator

_VALUE: Final = re.compile(r"[:=>]{1,2}[ \t]{0,3}")
_QUOTES: Final = "\"'`"

Check = Callable[[str], int]
"""Given what stands behind a key, how many of its characters are the value; 0 if it is none."""


def keyed(
    type_: str, rule: str, keys: str, value: str, check: Check, score: float, *, quotes: str = f"[{_QUOTES}]?"
) -> Pattern:
    """A rule for values behind keys.

    `keys` are names of keys, words joined by `_`. `value` is an expression of all that may be a value, without quotes,
    and `check` says what of it is one. `quotes` is what may stand before it.
    """
    return _pattern(type_, rule, keys, quotes + value, score, _validator(check, quoted=False))


def keyed_text(type_: str, rule: str, keys: str, check: Check, score: float, most: int) -> Pattern:
    """A rule for values of up to `most` characters that stand in quotes behind keys. `check` is as for `keyed`."""
    text = "|".join(f"{quote}[^{quote}\\r\\n]{{1,{most}}}{quote}" for quote in "\"'")
    return _pattern(type_, rule, keys, f"(?:{text})", score, _validator(check, quoted=True))


def _pattern(type_: str, rule: str, keys: str, value: str, score: float, validate: Validator) -> Pattern:
    names = "|".join("[_\\-]?".join(key.split("_")) for key in keys.split())
    return Pattern(
        type=type_,
        rule=rule,
        body=f"(?:{names})[{_QUOTES}]?[:=>]{{1,2}}[ \\t]{{0,3}}{value}",
        not_after="0-9A-Za-z",
        caseless=True,
        score=score,
        validate=validate,
    )


def _validator(check: Check, *, quoted: bool) -> Validator:
    def validate(text: str) -> tuple[int, int] | None:
        before = _VALUE.search(text)
        if before is None:
            return None
        start, end = before.end(), len(text) - quoted
        start += text[start : start + 1] in _QUOTES and start < end
        size = check(text[start:end])
        return (start, start + size) if size else None

    return validate
