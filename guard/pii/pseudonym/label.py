"""The label in a placeholder: `PERSON` in `<PERSON_k3f9>`. It tells the model what kind of value stands there."""

import re
from collections.abc import Iterable
from typing import Final

from guard.core.taxonomy import PSEUDONYM, group_of

_NO_VALUES: Final = frozenset({"hidden", "injection", "output", "unsafe", "tool", "policy", "limit"})
"""Groups of findings that are no values: a mask is all that can stand for them."""

_SIGNS: Final = re.compile(r"[^0-9A-Za-z]+")
_VALUE: Final = "VALUE"
_SECRET: Final = "SECRET"  # noqa: S105 - the label
_SECRET_GROUP: Final = "secret"  # noqa: S105 - the group


def label_of(type_: str) -> str | None:
    """The label for a finding type; None if its findings are no values. All secrets share one.

    It has capitals, digits and single underlines alone, whatever a user's own type is called.
    """
    group = group_of(type_)
    if group in _NO_VALUES or type_ == PSEUDONYM:
        return None
    return _SECRET if group == _SECRET_GROUP else _SIGNS.sub("_", type_).strip("_").upper() or _VALUE


def labels_of(types: Iterable[str]) -> tuple[str, ...]:
    """The labels for finding types, each once, in order."""
    return tuple(sorted({label for type_ in types if (label := label_of(type_)) is not None}))
