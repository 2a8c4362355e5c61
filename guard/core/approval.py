"""An approval: a person agrees to a request, or to one tool call, before it goes on.

What a person is shown are facts, never text: who asks, why the policy wants to know, a tool's name, and the paths and
types of its arguments. Pure; who waits, and for how long, is the runtime's business.
"""

import enum
import re
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final, Literal

import msgspec

from guard.core.discreet import Discreet
from guard.core.facts import Identity

MOST_ARGUMENTS: Final = 64
"""Arguments that an outline names."""
DEEPEST: Final = 8
"""Levels of an argument that an outline looks into."""
_MOST_READ: Final = 4096
_KEY: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
_TYPES: Final = {bool: "boolean", int: "number", float: "number", str: "string", list: "array", dict: "object"}


class ApprovalState(enum.Enum):
    """Where an approval stands; all but `waiting` are final.

    `cancelled`: the client left. `stopped`: Guard shuts down. `full`: more wait than may. `unattended`: nobody is
    configured who could approve. The last two never waited.
    """

    WAITING = "waiting"
    APPROVED = "approved"
    DENIED = "denied"
    TIMED_OUT = "timed_out"
    CANCELLED = "cancelled"
    STOPPED = "stopped"
    FULL = "full"
    UNATTENDED = "unattended"


class ArgumentShape(msgspec.Struct, frozen=True):
    """One argument of a tool call: its JSON path (`$.to`, `$.list[*].id`) and JSON type. Never its value."""

    path: str
    type: str


class ApprovalQuestion(Discreet, frozen=True):
    """What somebody is to approve. `id` is a ULID; `timeout_s` None: as long as the configuration lets one wait."""

    id: str
    exchange: str
    identity: Identity
    point: Literal["request", "tool"]
    reason: str = ""
    timeout_s: float | None = None
    model: str = ""
    backend: str = ""
    tool: str = ""
    arguments: tuple[ArgumentShape, ...] = ()


class ApprovalEvent(Discreet, frozen=True):
    """An approval as it stands after a change of state. Times are Unix milliseconds; `by` is an administrator's key."""

    id: str
    """The event's own ULID."""
    state: ApprovalState
    question: ApprovalQuestion
    asked_ms: int
    until_ms: int
    at_ms: int
    by: str = ""
    reason: str = ""


class Verdict(Discreet, frozen=True):
    """What became of a question, who decided (empty: nobody did), with which words, and after how long."""

    state: ApprovalState
    by: str = ""
    reason: str = ""
    waited_s: float = 0.0

    @property
    def approved(self) -> bool:
        """Whether it may go on."""
        return self.state is ApprovalState.APPROVED


def outline(arguments: object, is_mark: Callable[[str], bool]) -> tuple[ArgumentShape, ...]:
    """The paths and types of a call's arguments, a JSON value; a name that may be a value itself is a `*`.

    `is_mark` says whether a string is an identifier or the like and no value (see `ports.Dialect`).
    """
    found: dict[ArgumentShape, None] = {}
    for shape in islice(_leaves("$", arguments, is_mark, DEEPEST), _MOST_READ):
        found[shape] = None
        if len(found) == MOST_ARGUMENTS:
            break
    return tuple(found)


def _leaves(path: str, value: object, is_mark: Callable[[str], bool], depth: int) -> Iterator[ArgumentShape]:
    if depth and isinstance(value, dict) and value:
        for key, member in value.items():
            name = key if _KEY.fullmatch(key) and is_mark(key) else "*"
            yield from _leaves(f"{path}.{name}", member, is_mark, depth - 1)
    elif depth and isinstance(value, list) and value:
        for item in value:
            yield from _leaves(f"{path}[*]", item, is_mark, depth - 1)
    else:
        yield ArgumentShape(path, _TYPES.get(type(value), "null"))
