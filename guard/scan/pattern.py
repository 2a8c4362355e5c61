"""A pattern: what a detector gives to the automaton. One pattern finds one type by one rule.

Text reaches a pattern in its normal form (see `fold`): one character per code point, NFKC, escapes decoded, other
letters and digits folded to `OTHER_LETTER`, everything else that is not ASCII to `OTHER_SIGN`.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from guard.scan.received import Before

OTHER_LETTER: Final = "\xaa"
"""Stands for any letter or digit that is not ASCII; name it in a class where such letters belong (e-mail names)."""

OTHER_SIGN: Final = "\x80"
"""Stands for any other character that is not ASCII."""

Validator = Callable[[str], tuple[int, int] | None]
"""Given a matched text, the part of it that is really a value, as a half-open span; None if nothing in it is."""

Rater = Callable[[str, Before], tuple[int, int, float] | None]
"""Given a matched text and what is in front of it, the part of it that is a value and its score; None if none is."""


class Judge(msgspec.Struct, frozen=True):
    """The expression that has the last word on a pattern whose body only leads to it, and the score of what it says.

    `exact` is in the syntax of `regex`, `flags` are that module's. It sees the text in doubt, one character before it,
    and, with `letters`, the letters that the normal form has only stand-ins for. Its matches do not overlap, and each
    hides what begins inside it. `behind`: the value begins where its last group ends. `risky`: it may take for ever on
    a short text. A finding counts from `threshold` on.
    """

    exact: str
    flags: int
    rate: Rater
    threshold: float = 0.0
    behind: bool = False
    letters: bool = False
    risky: bool = True


class Pattern(msgspec.Struct, frozen=True):
    """One rule.

    `body` is a regular expression in the syntax that `re` and Hyperscan share, without look-arounds, anchors, groups
    that capture, or lazy quantifiers, and it never matches the empty string. `not_after` and `not_before` are character
    classes' insides (`0-9A-Za-z`): a match may not directly follow, or be directly followed by, such a character.
    `until` opens a region: the finding runs on to the end of the first match of that expression, or never ends; its
    matches must not be able to grow.
    `validate` may shorten or reject a match. `score` is the calibrated chance (0–1) that a match is what it says.
    `judge` takes the place of both, and of the neighbours behind; `waits` is a body that text is held for as well.
    `rest` is an end of `body` that other patterns have as well, so that text is held for all of them at once.
    """

    type: str
    rule: str
    body: str
    not_after: str = ""
    not_before: str = ""
    until: str = ""
    caseless: bool = False
    score: float = 1.0
    validate: Validator | None = None
    judge: Judge | None = None
    waits: str = ""
    rest: str = ""


def whole(check: Callable[[str], bool]) -> Validator:
    """A validator that takes all of a match or nothing of it."""

    def validate(text: str) -> tuple[int, int] | None:
        return (0, len(text)) if check(text) else None

    return validate
