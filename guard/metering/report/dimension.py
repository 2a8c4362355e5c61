"""What lines of a report are for: the words of `--by`, `?by=` and `where`, within bounds. Pure."""

from collections.abc import Collection, Sequence
from typing import Final

import msgspec

from guard.errors import RequestError

TIMES: Final = {"hour": 13, "day": 10, "month": 7}
"""Of the time at which an exchange began, by how much of an ISO date each keeps."""
PUBLIC: Final = (
    *("tenant", "key", "tier", "model", "dialect", "status", "reason", "price_version", "cost_state"),
    *("usage_source", "split_source", "energy_method"),
    *TIMES,
)
"""What a tenant may ask for of itself: which backends there are is the operator's business."""
NAMES: Final = (*PUBLIC, "backend")
RATED, FREE, UNPRICED = "rated", "free", "unpriced"
"""The states of a cost: there is one, it is zero (no backend was reached, or prices are zero), there is no price."""
LABEL: Final = "label:"
MOST: Final = 10
MOST_FILTERS: Final = 16
MOST_CHARS: Final = 256
"""Of a label's name or a value: longer ones are in no ledger."""


class Dimension(msgspec.Struct, frozen=True):
    """A name of `NAMES`, or `label` with the name of one."""

    name: str
    label: str = ""

    @property
    def title(self) -> str:
        """As it is asked for."""
        return f"{LABEL}{self.label}" if self.label else self.name

    @property
    def timed(self) -> bool:
        """Whether it is a part of a date."""
        return self.name in TIMES


class Filter(msgspec.Struct, frozen=True):
    """Only exchanges that have this value."""

    dimension: Dimension
    value: str


def parse_dimensions(text: str, allowed: Collection[str] = NAMES) -> tuple[Dimension, ...]:
    """From names with commas between; nothing is the total alone. Raises RequestError."""
    asked = tuple(_dimension(word.strip(), allowed) for word in text.split(",")) if text.strip() else ()
    if len(set(asked)) < len(asked) or len(asked) > MOST:
        raise RequestError(f"by takes up to {MOST} dimensions, each once: {_known(allowed)}.")
    return asked


def parse_filters(texts: Sequence[str], allowed: Collection[str] = NAMES) -> tuple[Filter, ...]:
    """From `NAME=VALUE`. Raises RequestError."""
    if len(texts) > MOST_FILTERS:
        raise RequestError(f"where may be given {MOST_FILTERS} times at the most.")
    return tuple(_filter(text, allowed) for text in texts)


def _filter(text: str, allowed: Collection[str]) -> Filter:
    name, equals, value = text.partition("=")
    if not equals or len(value) > MOST_CHARS or "\0" in value:
        raise RequestError("where takes NAME=VALUE, as tenant=acme or label:team=search.")
    return Filter(_dimension(name.strip(), allowed), value)


def _dimension(word: str, allowed: Collection[str]) -> Dimension:
    if word in allowed:
        return Dimension(word)
    label = word.removeprefix(LABEL)
    # A quote or a backslash would end the name in SQLite's path into JSON.
    if label != word and 0 < len(label) <= MOST_CHARS and label.isprintable() and not {'"', "\\"} & set(label):
        return Dimension("label", label)
    raise RequestError(f"by and where take {_known(allowed)}.")


def _known(allowed: Collection[str]) -> str:
    return ", ".join((*allowed, f"{LABEL}NAME"))
