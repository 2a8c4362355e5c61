"""Invented secrets for tests, written so that no file holds one: `glpat-{w20}` stands for 20 characters of a kind.

The kinds: `h` hexadecimal, `H` the same in capitals, `d` digits, `l` small letters and digits, `u` capitals and digits,
`a` letters and digits, `w` those with `_` and `-`, `b` base 64, `x` a filler; `{uuid}` is a UUID. What comes out is
always the same, and random to look at.
"""

import random
import re
import string
from typing import Final

Example = tuple[str, str, str, str]
"""A rule, a text, the secret in it, and a text that the rule finds nothing in; the texts are templates."""

KINDS: Final = {
    "h": "0123456789abcdef",
    "H": "0123456789ABCDEF",
    "d": string.digits,
    "l": string.ascii_lowercase + string.digits,
    "u": string.ascii_uppercase + string.digits,
    "a": string.ascii_letters + string.digits,
    "w": string.ascii_letters + string.digits + "_-",
    "b": string.ascii_letters + string.digits + "+/",
    "x": "x",
}
_PART: Final = re.compile(r"\{(?:(uuid)|([hHdluawbx])(\d+))\}")


def made(template: str) -> str:
    """The text that a template stands for."""
    chance = random.Random(template)
    return _PART.sub(lambda part: _uuid(chance) if part[1] else _run(chance, part[2], int(part[3])), template)


def _run(chance: random.Random, kind: str, size: int) -> str:
    """Begins and ends with a letter or digit, and has both a digit and a letter where the kind has them."""
    ends = [char for char in KINDS[kind] if char.isalnum()]
    chars = chance.choices(ends, k=1) + chance.choices(KINDS[kind], k=max(0, size - 2)) + chance.choices(ends, k=1)
    if size > 4 and kind in "hHluawb":
        chars[1], chars[2] = chance.choice(string.digits), chance.choice([char for char in ends if char.isalpha()])
    return "".join(chars[:size])


def _uuid(chance: random.Random) -> str:
    return "-".join(_run(chance, "h", size) for size in (8, 4, 4, 4, 12))
