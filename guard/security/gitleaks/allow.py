"""What gitleaks allows all the same: texts and words that make a match none.

Lists of paths and commits mean nothing for a prompt: a list that asks for them as well allows nothing here.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
import regex

_TARGETS: Final = ("secret", "match", "line")


class Allow(msgspec.Struct, frozen=True):
    """One list. `every`: all that it names must hold, not one of it."""

    regexes: "tuple[regex.Pattern[str], ...]"
    stopwords: tuple[str, ...]
    target: str
    every: bool

    def takes(self, secret: str, match: str, line: str) -> bool:
        """Whether it allows a match. `line` is what of its line is known."""
        text = {"match": match, "line": line}.get(self.target, secret)
        lower = secret.lower()
        checks = [
            *([any(one.search(text) for one in self.regexes)] if self.regexes else []),
            *([any(word in lower for word in self.stopwords)] if self.stopwords else []),
        ]
        return bool(checks) and (all(checks) if self.every else any(checks))


def allowances(given: Sequence[Mapping[str, object]]) -> tuple[Allow, ...]:
    """The lists of a rule, or of the file. Raises ValueError for an expression that can't be read."""
    return tuple(one for one in map(_allow, given) if one is not None)


def _allow(given: Mapping[str, object]) -> Allow | None:
    every = str(given.get("condition", "OR")).upper() in ("AND", "&&")
    if every and (given.get("paths") or given.get("commits")):
        return None
    target = str(given.get("regexTarget", "secret"))
    try:
        regexes = tuple(regex.compile(_in_python(one), regex.VERSION0) for one in _texts(given.get("regexes")))
    except regex.error as error:
        raise ValueError(f"an allowed expression can't be read ({error})") from None
    stopwords = tuple(word.lower() for word in _texts(given.get("stopwords")))
    return Allow(regexes, stopwords, target if target in _TARGETS else "secret", every)


def _in_python(source: str) -> str:
    """A flag in the middle holds for all of it."""
    source = source.replace(r"\z", r"\Z")
    flagless = re.sub(r"(?<=.)\(\?i\)", "", source)
    return flagless if flagless == source else f"(?i){flagless}"


def _texts(given: object) -> tuple[str, ...]:
    return tuple(str(one) for one in given) if isinstance(given, list) else ()
