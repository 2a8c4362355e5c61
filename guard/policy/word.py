"""Reads the parts of a decision: objects, lists, words of a table, numbers. What is not understood is an error.

Errors name the key and the nearest valid word, for the operator who writes the policy; a word that does not look like
one is not quoted, since a policy may have built it from a client's request.
"""

import difflib
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Final, TypeVar

from guard.core.decision import Approval, Denial
from guard.core.facts import Scalar
from guard.errors import PolicyError

_T = TypeVar("_T")
Parse = Callable[[str, object], object]
"""Reads the value of a key."""

_WORD: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
_CODE: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")
_DENIED: Final = "policy_denied"
_REASON: Final = "the policy denies this request"
_LONGEST_S: Final = 86_400


def fields(what: str, answer: object, table: Mapping[str, Parse]) -> dict[str, object]:
    """The members of an object, each read as the table says. An unknown one is an error."""
    found: dict[str, object] = {}
    for key, value in items(what, answer):
        parse = table.get(key)
        if parse is None:
            raise PolicyError(f"policy: unknown key {quoted(key)} in {what}: {cure(key, table)}")
        found[key] = parse(key, value)
    return found


def denials(key: str, value: object) -> tuple[Denial, ...]:
    """Reasons: strings, or objects with `code`, `message` and `internal`."""
    return tuple(_denial(key, item) for item in values(key, value))


def _denial(key: str, item: object) -> Denial:
    if isinstance(item, str):
        return Denial(_DENIED, item or _REASON)
    parts = dict(items(key, item))
    code, message, internal = parts.pop("code", _DENIED), parts.pop("message", _REASON), parts.pop("internal", "")
    if parts:
        raise PolicyError(f"policy: an item of {key} has more than code, message and internal: remove the rest")
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        raise PolicyError(f"policy: a code in {key} is not a word: use lower case letters, digits and _")
    return Denial(code, text(f"a message in {key}", message) or _REASON, text(f"an internal reason in {key}", internal))


def approval(key: str, value: object) -> Approval | None:
    """`true`, `false`, or an object with `reason` and `timeout_s`."""
    if isinstance(value, bool):
        return Approval() if value else None
    return Approval(**fields(key, value, {"reason": text, "timeout_s": seconds}))  # type: ignore[arg-type]


def labels(key: str, value: object) -> dict[str, str]:
    """An object of strings."""
    return {name: text(f"a value in {key}", item) for name, item in items(key, value)}


def texts(key: str, value: object) -> tuple[str, ...]:
    """A set or an array of strings."""
    return tuple(text(f"an item of {key}", item) for item in values(key, value))


def scalars(key: str, value: object) -> tuple[Scalar, ...]:
    """A set or an array of values without members."""
    return tuple(scalar(f"an item of {key}", item) for item in values(key, value))


def scalar(what: str, value: object) -> Scalar:
    """A value without members."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise PolicyError(f"policy: {what} is not a string, a number, true, false or null: correct it")


def number(key: str, value: object) -> float:
    """Any number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PolicyError(f"policy: {key} is not a number: correct it")
    return value


def whole(key: str, value: object, least: int, most: int) -> int:
    """A whole number within bounds."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise PolicyError(f"policy: {key} is not a whole number from {least} to {most}: correct it")
    return value


def seconds(key: str, value: object) -> float:
    """A time, more than nothing and a day at most."""
    found = number(key, value)
    if not 0 < found <= _LONGEST_S:
        raise PolicyError(f"policy: {key} is not a number of seconds up to {_LONGEST_S}: correct it")
    return float(found)


def flag(key: str, value: object) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise PolicyError(f"policy: {key} is not true or false: correct it")
    return value


def word(key: str, value: object, table: Mapping[str, _T]) -> _T:
    """What a table has for a word."""
    if isinstance(value, str) and value in table:
        return table[value]
    raise PolicyError(f"policy: {key} has an unknown word {quoted(value)}: {cure(value, table)}")


def items(key: str, value: object) -> Iterator[tuple[str, object]]:
    """The members of an object."""
    if not isinstance(value, dict):
        raise PolicyError(f"policy: {key} is not an object: write {{…}} with a value for each key")
    yield from value.items()


def values(key: str, value: object) -> list[object]:
    """The items of a set or an array."""
    if not isinstance(value, list):
        raise PolicyError(f"policy: {key} is not a set or an array: define it with `contains`, or write […]")
    return value


def text(what: str, value: object) -> str:
    """A string."""
    if not isinstance(value, str):
        raise PolicyError(f"policy: {what} is not a string: correct it")
    return value


def quoted(word: object) -> str:
    """A word as an error may show it."""
    return f"`{word}`" if isinstance(word, str) and _WORD.fullmatch(word) else "(not a word)"


def cure(word: object, known: Collection[str]) -> str:
    """Which word may have been meant."""
    near = difflib.get_close_matches(word, known, n=1) if isinstance(word, str) else []
    return f"did you mean `{near[0]}`?" if near else f"use one of {', '.join(sorted(known))}"
