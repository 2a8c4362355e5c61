"""How fast an answer may flow: reading waits, so that the backend's own buffers slow it down."""

import asyncio


class Pace:
    """At most so many tokens a second, each delta counted as one. Without a limit it costs a comparison."""

    def __init__(self, tokens_per_s: float | None) -> None:
        self._gap_s = 0.0 if tokens_per_s is None else 1 / tokens_per_s
        self.limited = tokens_per_s is not None
        """Whether there is anything to wait for: asked once per chunk."""
        self._due = 0.0
        self._seen = 0

    def wait_s(self, now: float, deltas: int) -> float:
        """How long the next read waits, when `deltas` have come by `now` (seconds)."""
        # A stream that was slow for a while has no right to a burst afterwards.
        self._due = max(self._due, now) + (deltas - self._seen) * self._gap_s
        self._seen = deltas
        return self._due - now

    async def keep(self, deltas: int) -> None:
        """Waits until the answer's next token is due."""
        if deltas != self._seen:
            await asyncio.sleep(self.wait_s(asyncio.get_running_loop().time(), deltas))
