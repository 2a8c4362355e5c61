"""Masks: JSON pointers to what a decision log leaves out (RFC 6901; `*` stands for every key or index).

As OPA's, they reach into `/input` and `/result` only, and an event says what was erased from it.
"""

from collections.abc import Iterator, Sequence
from typing import Final

ROOTS: Final = ("input", "result")
ANY: Final = "*"


class Mask:
    """One pointer."""

    def __init__(self, pointer: str) -> None:
        """Raises ValueError that says what is wrong with it."""
        self._steps = _steps(pointer)

    def erase(self, event: dict[str, object]) -> Iterator[str]:
        """Takes what it points to out of an event, and gives the pointer of each value that was there."""
        yield from _erase(event, self._steps, "")


def _steps(pointer: str) -> tuple[str, ...]:
    first, *steps = pointer.split("/")
    if first or not steps or steps[0] not in ROOTS:
        raise ValueError("must be a JSON pointer into /input or /result, like /input/client/address")
    if len(steps) < 2 or "" in steps:
        raise ValueError("must name a member below /input or /result, like /input/client/address")
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in steps)


def _erase(node: object, steps: Sequence[str], at: str) -> Iterator[str]:
    step, *rest = steps
    for key in _keys(node, step):
        here = f"{at}/{_escaped(key)}"
        if rest:
            yield from _erase(node[key], rest, here)  # type: ignore[index]  # _keys gives keys of this very node
        else:
            _remove(node, key)
            yield here


def _keys(node: object, step: str) -> list[str | int]:
    if isinstance(node, dict):
        return list(node) if step == ANY else [step] if step in node else []
    if isinstance(node, list):
        found = range(len(node)) if step == ANY else [int(step)] if step.isdecimal() and int(step) < len(node) else []
        # From the end: what is removed then moves nothing that is still to be.
        return list(reversed(found))
    return []


def _remove(node: object, key: str | int) -> None:
    del node[key]  # type: ignore[attr-defined]  # _keys gives keys of dicts and lists only


def _escaped(key: str | int) -> str:
    return str(key).replace("~", "~0").replace("/", "~1")
