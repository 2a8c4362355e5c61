"""Where tokens are counted: one tokenizer for each kind of model, and one thread for all of them.

What waits is bounded. Nobody is counted for who does not ask.
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:  # It brings a large library, which most configurations have no use for.
    from guard.metering.count.tokenizer import ModelTokenizer

MOST_CHARS: Final = 8_000_000
"""Characters that are being counted or wait for it; what comes then is not counted."""


class ModelCounter:
    """Implements `ports.TokenCounter`: the models of these patterns."""

    def __init__(
        self, models: Sequence[str], tokenizer: "ModelTokenizer", picture_tokens: int, desk: "CountDesk"
    ) -> None:
        self.models = tuple(models)
        self.picture_tokens = picture_tokens or None
        self._tokenizer = tokenizer
        self._desk = desk

    async def count(self, texts: Sequence[str]) -> Sequence[int] | None:
        """Tokens of each text. See `ports.TokenCounter`."""
        return await self._desk.count(self._tokenizer, texts)


class CountDesk:
    """Implements `ports.TokenCounters`. `stop` it."""

    def __init__(self, most_chars: int = MOST_CHARS) -> None:
        self._counters: list[ModelCounter] = []
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="guard-count")
        self._most = most_chars
        self.chars = 0
        """How much is being counted or waits for it."""

    def add(self, models: Sequence[str], tokenizer: "ModelTokenizer", picture_tokens: int = 0) -> None:
        """One more kind of model; those added first are asked first."""
        self._counters.append(ModelCounter(models, tokenizer, picture_tokens, self))

    def of(self, model: str) -> ModelCounter | None:
        """Who counts a model's tokens."""
        for counter in self._counters:
            if any(fnmatchcase(model, pattern) for pattern in counter.models):
                return counter
        return None

    async def count(self, tokenizer: "ModelTokenizer", texts: Sequence[str]) -> Sequence[int] | None:
        """Tokens of each text; None where too much waits."""
        chars = sum(map(len, texts))
        if self.chars + chars > self._most:
            return None
        self.chars += chars
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, _counts, tokenizer, texts)
        finally:
            self.chars -= chars

    def stop(self) -> None:
        """Ends the thread behind what it has to do."""
        self._threads.shutdown(wait=False)


def _counts(tokenizer: "ModelTokenizer", texts: Sequence[str]) -> Sequence[int]:
    return [tokenizer.count(text) for text in texts]
