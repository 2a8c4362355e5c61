"""What one exchange leaves for the record: where its time went, what was found, the prompt's texts if it keeps them.

It measures and collects; nothing here changes an exchange, and without a sink nothing but times is collected.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from guard.core.prompt import Prompt
from guard.core.record import ExchangeNote, FindingRecord, TextRecord, Timings
from guard.core.stream import StreamGuard
from guard.ports import ExchangeSink
from guard.runtime.prompt_check import PromptCheck

Timed = Callable[[Timings], None]
"""Hears where an exchange's time went. Returns at once."""


class Trail:
    """One exchange's trail: `stage` its steps, let it see the prompt's check, `end` it once."""

    def __init__(self, exchange: str, sink: ExchangeSink | None, timed: Timed | None = None) -> None:
        self._exchange = exchange
        self._sink = sink
        self._timed = timed
        self._begun = time.perf_counter()
        self._took_ms: dict[str, float] = {}
        self._found: tuple[FindingRecord, ...] = ()
        self._texts: tuple[TextRecord, ...] = ()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measures a step that `Timings` has a field for: `read`, `classify`, `names`, `policy`, `queue`, `backend`."""
        begun = time.perf_counter()
        try:
            yield
        finally:
            self._took_ms[f"{name}_ms"] = (time.perf_counter() - begun) * 1000

    def prompt(self, prompt: Prompt, check: PromptCheck) -> None:
        """Sees a prompt with all verdicts."""
        if self._sink is None:
            return
        self._found = check.found()
        if self._sink.keeps_texts:
            self._texts = tuple(
                TextRecord(role, slot.channel.field, slot.text)
                for slot, role in zip(prompt.frame.slots, prompt.roles or ("",) * len(prompt.frame.slots), strict=True)
            )

    def end(self, guard: StreamGuard | None, first_ms: float | None) -> None:
        """The exchange is over."""
        self._took_ms["total_ms"] = (time.perf_counter() - self._begun) * 1000
        timings = Timings(**self._took_ms, first_ms=first_ms)
        if self._timed is not None:
            self._timed(timings)
        if self._sink is None:
            return
        answered = guard.tally.records("answer") if guard is not None else ()
        self._sink.noted(ExchangeNote(self._exchange, (*self._found, *answered), timings, self._texts))
