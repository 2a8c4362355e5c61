"""What the stream machine asks its driver to do."""

import enum

import msgspec

from guard.core.channel import Channel
from guard.core.discreet import Discreet
from guard.core.frame import Frame


class HaltReason(enum.Enum):
    """Why an answer ends before its end."""

    BLOCKED = "blocked"
    ENGINE_FAILED = "engine_failed"
    ENGINE_TIMEOUT = "engine_timeout"
    HOLD_EXHAUSTED = "hold_exhausted"
    MALFORMED = "malformed"


class Inspect(Discreet, frozen=True, gc=False):
    """Let the engines see `text`, which begins at `base` in its channel. `final`: the channel ends with it."""

    channel: Channel
    base: int
    text: str
    final: bool = False


class Release(Discreet, frozen=True, gc=False):
    """Hand a frame to the client: as it came (`texts` is None), or with its slots' texts replaced, one for one."""

    frame: Frame
    texts: tuple[str, ...] | None = None


class Halt(msgspec.Struct, frozen=True, gc=False):
    """End the answer now and close the backend's connection. Nothing is released after it."""

    reason: HaltReason


class PauseUpstream(msgspec.Struct, frozen=True):
    """The hold is full: read no more."""


class ResumeUpstream(msgspec.Struct, frozen=True):
    """There is room again."""


class Settle(msgspec.Struct, frozen=True, gc=False):
    """The exchange is over: account for it. Comes exactly once."""


Command = Inspect | Release | Halt | PauseUpstream | ResumeUpstream | Settle
