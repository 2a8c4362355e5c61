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
from guard.scan.pattern import OTHER_LETTER, OTHER_SIGN, Pattern, Validator

CODE_MOST: Final = 12
ALPHABET: Final = "abcdefghijkmnpqrstuvwxyz23456789"
"""Of a code: without the letters and digits that are taken for each other."""

_CODE_CHAR: Final = "[a-kmnp-z2-9]"
_CODE: Final = rf"{_CODE_CHAR}{{4,{CODE_MOST}}}"
_SLOPPY: Final = r"\\{0,2}[_ \-:#] {0,2}"
_OPEN: Final = r"(?:\\{0,2}<|&lt;) ?"
_CLOSE: Final = r" ?(?:\\{0,2}>|&gt;)"
_WORD: Final = "0-9A-Za-z_"
_ON: Final = rf"[0-9A-Za-z/?&=#%+~<_\\\-{OTHER_LETTER}]"
_BEHIND: Final = rf"(?:[^ \t\r\n\"'`0-9A-Za-z{OTHER_SIGN}]{{0,3}}|[\"'`]{{1,3}}){_ON}"
"""What an address goes on with."""

_GLUED, _GLUED_BARE = "placeholder_glued", "placeholder_bare_glued"
GLUED: Final = frozenset({_GLUED, _GLUED_BARE})
"""Rules that find placeholders right behind which text goes on: it would be a part of an address restored there."""

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


def _forms(labels: Sequence[str]) -> tuple[str, str]:
    """In brackets, where much is forgiven, and without."""
    sloppy = "|".join(_SLOPPY.join(label.split("_")) for label in labels)
    return f"{_OPEN}(?:{sloppy}){_SLOPPY}{_CODE}{_CLOSE}", f"(?:{'|'.join(labels)})_{_CODE}"


def _share_patterns(labels: Sequence[str]) -> tuple[Pattern, ...]:
    whole, bare = _forms(labels)
    return (
        _pattern("placeholder", whole, "", ""),
        _pattern("placeholder_bare", bare, _WORD, _WORD),
        _pattern(_GLUED, f"{whole}{_BEHIND}", "", "", _first(whole)),
        _pattern(_GLUED_BARE, f"{bare}{_BEHIND}", _WORD, "", _first(f"{bare}(?![{_WORD}])")),
    )


def _first(form: str) -> Validator:
    """The placeholder alone, without what goes on behind it."""
    one = re.compile(form, re.IGNORECASE)

    def validate(text: str) -> tuple[int, int] | None:
        found = one.match(text)
        return found.span() if found is not None and found.end() < len(text) else None

    return validate


def _pattern(rule: str, body: str, after: str, before: str, validate: Validator | None = None) -> Pattern:
    return Pattern(PSEUDONYM, rule, body, after, before, caseless=True, validate=validate)


def read(text: str, json: bool) -> Name | None:
    """The name in a placeholder as it was received; `json`: it stands in JSON text. None if it is none."""
    folded = Fold(CharTable(), json).feed(text, final=True).text
    words = [word for word in _APART.split(_ENTITY.sub(" ", folded)) if word]
    if len(words) < 2:
        return None
    return Name("_".join(words[:-1]).upper(), words[-1].lower())
