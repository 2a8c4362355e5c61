"""How fast an answer may flow: reading waits, so that the backend's own buffers slow it down."""

import asyncio


class Pace:
    """At most so many tokens a second, each delta counted as one. Without a limit it costs a comparison."""

    def __init__(self, tokens_per_s: float | None) -> None:
        self._gap_s = 0.0 if tokens_per_s is None else 1 / tokens_per_s
        self._due = 0.0
        self._seen = 0

    async def keep(self, deltas: int) -> None:
        """Waits until the answer's next token is due; `deltas` is how many have come."""
        if not self._gap_s or deltas == self._seen:
            return
        now = asyncio.get_running_loop().time()
        # A stream that was slow for a while has no right to a burst afterwards.
        self._due = max(self._due, now) + (deltas - self._seen) * self._gap_s
        self._seen = deltas
        await asyncio.sleep(self._due - now)
