"""The two forms of a provider's secret: one that wears a mark of its own, and one that only its name gives away.

The automaton reads a short piece of a token's body and then runs on to its end; the exact form, with its lengths, is
asked of the whole run. So a token that something of its own alphabet is glued to is not found.
"""

import re
from collections.abc import Callable
from typing import Final

from guard.scan.pattern import Pattern, Validator
from guard.security.placeholder import is_varied

MARKED_SCORE: Final = 0.97
NAMED_SCORE: Final = 0.9

ALNUM: Final = "0-9A-Za-z"
LOWER: Final = "0-9a-z"
HEX: Final = "0-9a-f"
WORD: Final = "0-9A-Za-z_"
URL64: Final = r"0-9A-Za-z_\-"
BASE64: Final = "0-9A-Za-z+/="

_READ_CHARS: Final = 12
"""How many characters of a body the automaton counts: long counts cost it much. The exact form counts them all."""
_LEAST_VARIETY: Final = 6

UUID: Final = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
UUID_CHARS: Final = r"0-9a-fA-F\-"

NAME_END: Final = r"\\?[\"'`]?[\])]{0,2}"
"""What may stand between a name and the sign that assigns: the quote and brackets that it stood in."""
ASSIGNED: Final = r"[ \t]{0,4}(?:=>|:=|==|\|\||[:=,>(]|[\"'][ \t]value=)[ \t]{0,4}\\?[\"'`]{0,2}"
"""The sign that assigns, and the quote behind it: in code, JSON, YAML, shell, XML and headers."""

_TAIL: Final = r"[0-9A-Za-z_.\-]*(?: (?:api|app|access|auth|client|key|secret|token)){0,3}"
"""The rest of a name; over spaces only in words that such names are made of, so that prose waits for nothing."""

_VALUE: Final = rf"{_TAIL}{NAME_END}{ASSIGNED}[0-9A-Za-z_.:+/=\-]{{8}}[0-9A-Za-z_.:+/=\-]*"
"""All that is behind a provider's name: the same for all of them, so that they are held for together."""

Check = Callable[[str], bool]


def marked(
    type_: str,
    rule: str,
    mark: str,
    chars: str,
    least: int,
    most: int | None = None,
    *,
    exact: str = "",
    check: Check | None = None,
    not_after: str | None = None,
    score: float = MARKED_SCORE,
) -> Pattern:
    """A token with a mark.

    `mark` is an expression for what it begins with, `chars` the inside of the class of its other characters, of which
    there are `least` to `most` (None: any number). `exact` is the form of all of it, where that says more; `check` is
    asked about what it takes.
    """
    rest = f"[{chars}]{{{min(least, _READ_CHARS)}}}[{chars}]*"
    counted = f"[{chars}]{{{least},{'' if most is None else most}}}"
    return Pattern(
        type=type_,
        rule=rule,
        body=f"{mark}{rest}",
        rest=rest,
        not_after=_neighbours(chars) if not_after is None else not_after,
        score=score,
        validate=_fits(re.compile(exact or mark + counted), re.compile(mark), check),
    )


def _neighbours(chars: str) -> str:
    """What no token follows directly: an alphabet with dashes is that of blobs, where marks come up by chance."""
    return URL64 if "_" in chars or r"\-" in chars else ALNUM


def _fits(exact: re.Pattern[str], mark: re.Pattern[str], check: Check | None) -> Validator:
    """Takes the exact form at the front of a run, if what is behind it is not a part of the same word."""

    def validate(text: str) -> tuple[int, int] | None:
        match = exact.match(text)
        if match is None or text[match.end() : match.end() + 1].isalnum():
            return None
        begun = mark.match(text)
        behind = match.group()[begun.end() if begun else 0 :]
        if not is_varied(behind, min(_LEAST_VARIETY, len(behind))) or (check is not None and not check(match.group())):
            return None
        return match.span()

    return validate


def named(
    type_: str,
    rule: str,
    name: str,
    value: str,
    *,
    apart: bool = False,
    check: Check | None = None,
    score: float = NAMED_SCORE,
) -> Pattern:
    """A secret behind its name: `name` (either case) and the rest of such a name, an assignment, the value.

    `value` is the exact form of the value, which is the finding. `apart`: the name does not begin inside a word.
    """
    read = re.compile(rf"(?:{name}){_TAIL}{NAME_END}{ASSIGNED}({value})(?![_+/\-]?[0-9A-Za-z])", re.IGNORECASE)
    exact = re.compile(value)

    def validate(text: str) -> tuple[int, int] | None:
        match = read.match(text)
        if match is None or exact.fullmatch(match.group(1)) is None or not _is_random(match.group(1)):
            return None
        return match.span(1) if check is None or check(match.group(1)) else None

    return Pattern(
        type=type_,
        rule=rule,
        body=rf"(?:{name}){_VALUE}",
        rest=_VALUE,
        not_after=ALNUM if apart else "",
        caseless=True,
        score=score,
        validate=validate,
    )


def _is_random(value: str) -> bool:
    """Neither blotted out, nor a word: a random value of such a length has digits among its characters."""
    return is_varied(value, _LEAST_VARIETY) and any(map(str.isdigit, value))
