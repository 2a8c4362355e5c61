"""What can happen to an exchange: the events that the stream machine is told of."""

import enum

import msgspec

from guard.core.channel import Channel
from guard.core.finding import Finding
from guard.core.frame import Frame


class EngineStatus(enum.Enum):
    """An engine's status on a text. A policy always sees it."""

    OK = "OK"
    ERROR = "ERROR"
    TIMEOUT = "TIMEOUT"
    SKIPPED = "SKIPPED"


class FrameSeen(msgspec.Struct, frozen=True, gc=False):
    """The backend sent a frame."""

    frame: Frame


class Inspected(msgspec.Struct, frozen=True, gc=False):
    """An engine has its verdict on a channel's text before `upto`.

    Every finding that starts before `upto` has been told by now, and is final; it may end behind `upto`.
    """

    channel: Channel
    engine: str
    upto: int
    findings: tuple[Finding, ...] = ()


class Judged(msgspec.Struct, frozen=True, gc=False):
    """The backend sent a frame with one text and nothing else to it, and the only engine has its verdict already.

    The short way of most chunks: the same as `FrameSeen`, then `Inspected`.
    """

    frame: Frame
    verdict: Inspected


class StageFailed(msgspec.Struct, frozen=True):
    """An engine can't give its verdict."""

    engine: str
    status: EngineStatus


class Lull(msgspec.Struct, frozen=True, gc=False):
    """No frame came for a moment: text that is safe may leave, also as a part of a frame, and a block takes effect."""


class DeadlinePassed(msgspec.Struct, frozen=True):
    """The upstream has been paused on a full hold, and no verdict can free it in time."""


class Finished(msgspec.Struct, frozen=True, gc=False):
    """The backend's answer ended. `complete`: as the API says it ends; otherwise it broke off."""

    complete: bool


class ClientGone(msgspec.Struct, frozen=True):
    """Nobody listens any more."""


Event = FrameSeen | Inspected | Judged | StageFailed | Lull | DeadlinePassed | Finished | ClientGone
