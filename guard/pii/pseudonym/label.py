"""The label in a placeholder: `PERSON` in `<PERSON_k3f9>`. It tells the model what kind of value stands there."""

from collections.abc import Iterable
from typing import Final

from guard.core.taxonomy import PSEUDONYM, group_of

_NO_VALUES: Final = frozenset({"hidden", "injection", "output", "unsafe", "tool", "policy", "limit"})
"""Groups of findings that are no values: a mask is all that can stand for them."""

_SECRET: Final = "SECRET"  # noqa: S105 - the label
_SECRET_GROUP: Final = "secret"  # noqa: S105 - the group


def label_of(type_: str) -> str | None:
    """The label for a finding type; None if its findings are no values. All secrets share one."""
    group = group_of(type_)
    if group in _NO_VALUES or type_ == PSEUDONYM:
        return None
    return _SECRET if group == _SECRET_GROUP else type_


def labels_of(types: Iterable[str]) -> tuple[str, ...]:
    """The labels for finding types, each once, in order."""
    return tuple(sorted({label for type_ in types if (label := label_of(type_)) is not None}))
