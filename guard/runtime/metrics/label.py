"""What exchanges are told apart by in metrics: a few labels, and a bound on how many sets of them there are.

Names of models come from strangers: an exchange to which no model wrote anything makes no set of its own, unless it
completed, and what is not in the form of a name is not shown. It can't tell whether a name that has the form is one.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from guard.core.entry import Closing, Opening, Status

OTHER: Final = "other"
Values = tuple[str, ...]
"""One value for each label, in their order."""

VALUES: Final[Mapping[str, Callable[[Opening, Closing], str]]] = {
    "model": lambda opening, closing: closing.model or opening.model,
    "backend": lambda opening, closing: closing.backend or opening.backend,
    "tier": lambda opening, _closing: opening.tier,
    "tenant": lambda opening, _closing: opening.tenant,
    "dialect": lambda opening, _closing: opening.dialect,
}


class Labels:
    """The sets of labels that have series of their own."""

    def __init__(self, names: Sequence[str], most: int, is_mark: Callable[[str], bool]) -> None:
        """`most` sets are told apart; `is_mark`: whether a string has the form of a name."""
        self.names: Final = tuple(names)
        self._read: Final = tuple(VALUES[name] for name in names)
        self._most = most
        self._is_mark = is_mark
        self._other: Final[Values] = (OTHER,) * len(self.names)
        self._known: dict[Values, Values] = {}

    def of(self, opening: Opening, closing: Closing) -> Values:
        """An exchange's set, or that of all others."""
        asked = tuple([read(opening, closing) for read in self._read])
        shown = self._known.get(asked)
        if shown is not None:
            return shown
        if not _was_served(closing) or len(self._known) >= self._most:
            return self._other
        return self._known.setdefault(asked, tuple([self._shown(value) for value in asked]))

    def _shown(self, value: str) -> str:
        return value if self._is_mark(value) else OTHER


def _was_served(closing: Closing) -> bool:
    """Whether there is such a model: a prompt that is blocked, or left at once, may name any."""
    if closing.status is Status.COMPLETED:
        return True
    return closing.status is not Status.FAILED and bool(closing.usage.completion)
