"""The forms in which a model writes a placeholder back: `<PERSON_k3f9>`, `<person_K3F9>`, `PERSON_k3f9`, and escaped.

Which of the texts that look like one really is one, only an exchange's own vault knows. Not seen: a placeholder whose
letters the model changed, translated, or wrote without its underline and its brackets.
"""

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from guard.core.taxonomy import PSEUDONYM
from guard.scan.fold import CharTable, Fold
from guard.scan.pattern import Pattern, Validator

CODE_MOST: Final = 12
ALPHABET: Final = "abcdefghijkmnpqrstuvwxyz23456789"
"""Of a code: without the letters and digits that are taken for each other."""

_CODE_CHAR: Final = "[a-kmnp-z2-9]"
_CODE: Final = rf"{_CODE_CHAR}{{4,{CODE_MOST}}}"
_SLOPPY: Final = r"\\{0,2}[_ \-:#][ \n]{0,2}"
_OPEN: Final = r"(?:\\{0,2}<|&lt;) ?"
_CLOSE: Final = r" ?(?:\\{0,2}>|&gt;)"
_WORD: Final = "0-9A-Za-z_"
_ADDRESS: Final = r"(?:(?:https?:|//)[^ \t\r\n\"'`]*|(?:href|src|action|data|poster) ?= ?(?:\"[^\"]*|'[^']*))"
_SOME: Final = rf"(?:(?:<|&lt;)[^<>\"'`\n]{{3,}}(?:>|&gt;)|[a-z][0-9a-z]*_[0-9a-z_]*{_CODE_CHAR}{{4}})"
"""Whatever could be a placeholder with any label: to tell them apart is the validator's work."""

IN_ADDRESS: Final = "placeholder_in_address"
"""The rule that finds placeholders in a link or a picture's address: restored, the value would be carried out."""

_SHARE: Final = 32
"""Labels of one pattern: the automaton refuses one that is too large."""

_APART: Final = re.compile(r"[^0-9A-Za-z]+")
_ENTITY: Final = re.compile(r"&[lg]t;")


class Name(msgspec.Struct, frozen=True):
    """What names a value: its label in upper case and its code in lower case."""

    label: str
    code: str

    def __str__(self) -> str:
        return f"<{self.label}_{self.code}>"


def patterns(labels: Sequence[str]) -> tuple[Pattern, ...]:
    """What finds placeholders with these labels in a text, whoever wrote them."""
    shares = (labels[at : at + _SHARE] for at in range(0, len(labels), _SHARE))
    return tuple(pattern for share in shares for pattern in _share_patterns(share))


def _share_patterns(labels: Sequence[str]) -> tuple[Pattern, ...]:
    sloppy = "|".join(_SLOPPY.join(label.split("_")) for label in labels)
    strict = "|".join(labels)
    whole, bare = f"{_OPEN}(?:{sloppy}){_SLOPPY}{_CODE}{_CLOSE}", f"(?:{strict})_{_CODE}"
    return (
        _pattern("placeholder", whole, ""),
        _pattern("placeholder_bare", bare, _WORD),
        Pattern(PSEUDONYM, IN_ADDRESS, f"{_ADDRESS}{_SOME}", caseless=True, validate=_placeholders(f"{whole}|{bare}")),
    )


def _placeholders(form: str) -> Validator:
    """From the first placeholder in an address to the last."""
    one = re.compile(form, re.IGNORECASE)

    def validate(text: str) -> tuple[int, int] | None:
        found = [match.span() for match in one.finditer(text)]
        return (found[0][0], found[-1][1]) if found else None

    return validate


def _pattern(rule: str, body: str, apart: str) -> Pattern:
    return Pattern(PSEUDONYM, rule, body, not_after=apart, not_before=apart, caseless=True)


def read(text: str, json: bool) -> Name | None:
    """The name in a placeholder as it was received; `json`: it stands in JSON text. None if it is none."""
    folded = Fold(CharTable(), json).feed(text, final=True).text
    words = [word for word in _APART.split(_ENTITY.sub(" ", folded)) if word]
    if len(words) < 2:
        return None
    return Name("_".join(words[:-1]).upper(), words[-1].lower())
