"""How much a streamed answer may have, whatever the backend writes: counted as it comes, before anything else sees it.

The backend's running counts are taken where its chunks carry them (`continuous_usage_stats`) and they grow; elsewhere a
chunk with text of a choice is one token of it, as servers stream. A backend that puts several tokens into a chunk
without counting them is not bounded to the token.
"""

from collections.abc import Sequence
from typing import Final

from guard.core.frame import Frame
from guard.core.running import RunningUsage

_WRITTEN: Final = frozenset(
    {
        "audio.transcript",
        "content",
        "function_call.arguments",
        "function_call.name",
        "reasoning",
        "reasoning_content",
        "refusal",
        "text",
        "tool_calls.arguments",
        "tool_calls.input",
        "tool_calls.name",
    }
)
"""Fields whose text is tokens of the answer; others repeat it (log-probabilities) or are the server's own."""


class AnswerLimit:
    """One answer's limit in tokens, all choices together: `reason` says why, `budget` which budget, if it is one."""

    def __init__(self, tokens: int, reason: str, budget: str = "") -> None:
        self.tokens = tokens
        self.reason = reason
        self.budget = budget
        self.used = 0
        """Tokens of the answer so far."""
        self.told = False
        """Whether the backend counted them."""
        self._running = RunningUsage()
        self._counted = 0
        """What the backend has counted at the most."""
        self._begun: set[int] = set()
        self._finished: set[int] = set()

    @property
    def choices(self) -> Sequence[int]:
        """The choices that have begun and that the backend has not ended, in order."""
        return sorted((self._begun or {0}) - self._finished)

    def admits(self, frame: Frame) -> bool:
        """Counts a frame; False if its text lies beyond the limit, and then it is not counted."""
        usage, slots = frame.usage, frame.slots
        if usage is None and len(slots) == 1:
            channel = slots[0].channel
            if channel.choice >= 0 and channel.field in _WRITTEN:
                if self.used >= self.tokens:
                    return False
                self.used += 1
                self.told = False
                self._begun.add(channel.choice)
        elif slots or usage is not None:
            written = {slot.channel.choice for slot in slots if slot.channel.field in _WRITTEN}
            counted = self._count_of(frame)
            grows = counted > self._counted
            used = max(self.used, counted) if grows else self.used + len(written)
            if written and used > self.tokens:
                return False
            self.used, self._counted, self.told = (
                used,
                max(counted, self._counted),
                grows or (self.told and not written),
            )
            self._begun |= written
        if frame.finishes:
            self._finished.update(frame.finishes)
        return True

    def _count_of(self, frame: Frame) -> int:
        """What the backend says that all choices have by now; 0 if it says nothing."""
        told = None if frame.usage is None else self._running.take(frame)
        return 0 if told is None else told.completion or 0
