"""Decisions on what is not a request: a tool call, a finding in an answer, an administrator's action."""

from collections.abc import Mapping

import msgspec

from guard.core.action import Action
from guard.core.decision import Approval, Denial
from guard.core.facts import Scalar


class Bound(msgspec.Struct, frozen=True):
    """What an argument's value may be.

    A number from `min` to `max`; one of `one_of`; a path below one of `prefixes`; a URL or host among `hosts`
    (`.suffix` covers what lies below). With `clamp` a number that is out of bounds is moved to the nearest bound;
    otherwise a value that breaks a bound denies the call.
    """

    min: float | None = None
    max: float | None = None
    one_of: tuple[Scalar, ...] | None = None
    prefixes: tuple[str, ...] | None = None
    hosts: tuple[str, ...] | None = None
    clamp: bool = False


class ToolDecision(msgspec.Struct, frozen=True):
    """The policy's answer to one tool call. `redact` and `bounds` name values by JSON paths (`$.to`, `$.a[*].b`)."""

    deny: tuple[Denial, ...] = ()
    require_approval: Approval | None = None
    redact: tuple[str, ...] = ()
    bounds: Mapping[str, Bound] = {}
    labels: Mapping[str, str] = {}
    generation: str = ""


class AnswerDecision(msgspec.Struct, frozen=True):
    """The policy's answer to a finding in an answer; without an action the request's plan holds."""

    action: Action | None = None
    labels: Mapping[str, str] = {}
    generation: str = ""


class AdminDecision(msgspec.Struct, frozen=True):
    """The policy's answer to an administrator's action: allowed only where it says so."""

    allow: bool = False
    deny: tuple[Denial, ...] = ()
    generation: str = ""
