"""Usage that a backend reports while it writes. Pure.

vLLM and SGLang (`continuous_usage_stats`) count each choice by itself in its own chunks, and all of them together in
the chunk without choices at the end: until that has come, the choices' counts are to be added. It can't see the choice
of a chunk that only says who speaks.
"""

from collections.abc import Iterable

import msgspec

from guard.core.frame import Frame
from guard.core.usage import Usage


class RunningUsage:
    """One answer's. `take` every frame that has usage."""

    __slots__ = ("_choices", "_sum")

    def __init__(self) -> None:
        self._choices: dict[int, Usage] = {}
        self._sum: Usage | None = None

    def take(self, frame: Frame) -> Usage | None:
        """What the backend has counted by now, of all choices together."""
        usage = frame.usage
        if usage is None:
            return self._sum
        of = {slot.channel.choice for slot in frame.slots if slot.channel.choice >= 0}.union(frame.finishes)
        if len(of) == 1:
            self._choices[of.pop()] = usage
            if len(self._choices) > 1:
                usage = _added(usage, self._choices.values())
        elif not of and usage.completion == 0 and self._choices:
            return self._sum  # The head of one more choice, which has written nothing yet.
        self._sum = usage
        return usage


def _added(last: Usage, choices: Iterable[Usage]) -> Usage:
    """They have one prompt; what they wrote is added."""
    counts = tuple(choices)
    return msgspec.structs.replace(
        last,
        completion=_sum(one.completion for one in counts),
        reasoning=_sum(one.reasoning for one in counts),
    )


def _sum(counts: Iterable[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known else None
