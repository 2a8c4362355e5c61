"""How fast answers come, as OpenTelemetry names it: whole durations, first tokens, further tokens, waits in queues.

Source: OpenTelemetry semantic conventions, "Generative AI metrics". It sees entries, and so what clients got; a slow
client's own time is in it.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from prometheus_client.core import Metric

from guard.core.entry import Closing, Opening
from guard.runtime.metrics.family import histogram
from guard.runtime.metrics.histogram import DURATION_S, FIRST_S, TOKEN_S, Histogram

OPERATIONS: Final[Mapping[str, str]] = {
    "openai.chat": "chat",
    "openai.completions": "text_completion",
    "openai.embeddings": "embeddings",
}
_MOST_BACKENDS: Final = 1000


class _Pace:
    __slots__ = ("duration", "first", "token")

    def __init__(self) -> None:
        self.duration, self.first, self.token = Histogram(DURATION_S), Histogram(FIRST_S), Histogram(TOKEN_S)


class Paces:
    """Durations by operation and, if wanted, model; waits by backend."""

    def __init__(self, by_model: bool) -> None:
        self._names = ("gen_ai_operation_name", *(("gen_ai_request_model",) if by_model else ()))
        self._by_model = by_model
        self._paces: dict[tuple[str, ...], _Pace] = {}
        self._waits: dict[str, Histogram] = {}

    def add(self, opening: Opening, closing: Closing, model: str) -> None:
        """Takes an exchange that is over; `model` as it is shown."""
        operation = OPERATIONS.get(opening.dialect, opening.dialect)
        key = (operation, model) if self._by_model else (operation,)
        pace = self._paces.get(key)
        if pace is None:
            pace = self._paces[key] = _Pace()
        pace.duration.add(closing.total_ms / 1000)
        if opening.stream and closing.first_ms is not None:
            pace.first.add(closing.first_ms / 1000)
            further = (closing.usage.completion or 0) - closing.withheld - 1
            if further > 0:
                pace.token.add((closing.total_ms - closing.first_ms) / 1000 / further)
        self._wait(closing.backend or opening.backend, closing.queued_ms / 1000)

    def _wait(self, backend: str, seconds: float) -> None:
        waits = self._waits.get(backend)
        if waits is None:
            if len(self._waits) >= _MOST_BACKENDS:
                return
            waits = self._waits[backend] = Histogram(DURATION_S)
        waits.add(seconds)

    def families(self) -> Iterator[Metric]:
        """The histograms so far."""
        paces = self._paces.items()
        yield histogram(
            "gen_ai_server_request_duration_seconds", "From the request to the end of the answer.", self._names,
            [(of, pace.duration) for of, pace in paces],
        )  # fmt: skip
        yield histogram(
            "gen_ai_server_time_to_first_token_seconds", "To the first byte of a stream that the client got.",
            self._names, [(of, pace.first) for of, pace in paces],
        )  # fmt: skip
        yield histogram(
            "gen_ai_server_time_per_output_token_seconds", "Each further token's part of the time behind the first.",
            self._names, [(of, pace.token) for of, pace in paces],
        )  # fmt: skip
        yield histogram(
            "guard_queue_wait_seconds", "The wait for a place at the backend.", ("backend",),
            [((name,), waits) for name, waits in self._waits.items()],
        )  # fmt: skip
