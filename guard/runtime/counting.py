"""One exchange's counting by a tokenizer: of what nobody reports, when it is over, and of what grows too long before.

It waits no longer than a bound, and whatever goes wrong there is no count: the account then has its estimate.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Final, TypeVar

import msgspec

from guard.core.stream import StreamGuard
from guard.core.usage import Usage
from guard.core.written import Kept, Written
from guard.metering.count.evidence import Counted, Evidence
from guard.metering.count.split import needs_count
from guard.metering.usage import estimate, is_sound
from guard.ports import TokenCounter

KEPT_CHARS: Final = 65_536
"""Of one answer. What is longer is counted as it comes."""
PATIENCE_S: Final = 10.0
_MESSAGE: Final = 4
_REPLY: Final = 3
"""Tokens that a chat template puts around a message, and before the answer.

https://cookbook.openai.com/examples/how_to_count_tokens_with_tiktoken; the templates of Llama 3 and Qwen have as many.
"""
_T = TypeVar("_T")


class SentPrompt(msgspec.Struct, frozen=True):
    """A prompt as it was sent: its texts, how many messages they make, its pictures, and characters beside texts."""

    texts: tuple[str, ...]
    messages: int
    pictures: int
    aside_chars: int = 0

    def __repr__(self) -> str:
        return f"SentPrompt(messages={self.messages}, pictures={self.pictures})"


class Counting:
    """Counts for one exchange. `look` once per chunk, `finish` when nothing more comes, `close` in any case."""

    def __init__(self, counter: TokenCounter, prompt: SentPrompt, patience_s: float = PATIENCE_S) -> None:
        self._counter = counter
        self._prompt = prompt
        self._patience_s = patience_s
        self._taken = 0
        """Characters of the answer that are no longer kept."""
        self._ahead: set[asyncio.Task[None]] = set()

    @property
    def picture_tokens(self) -> int | None:
        """What the prompt's pictures count; None if nobody said."""
        each = self._counter.picture_tokens
        return None if each is None or not self._prompt.pictures else each * self._prompt.pictures

    def look(self, guard: StreamGuard) -> None:
        """Once per chunk: keeps what is kept within its bound."""
        if guard.written.chars - self._taken > KEPT_CHARS:
            self._taken = guard.written.chars
            self._shed(guard.written, guard.usage)

    async def finish(self, guard: StreamGuard | None, known: Evidence) -> Counted | None:
        """What a tokenizer says of all that needs its count; None if nothing does, or if it has no answer."""
        return await self._within(self._finish(guard, known))

    def close(self) -> None:
        """Counts nothing more."""
        for task in self._ahead:
            task.cancel()

    def _shed(self, written: Written, told: Usage | None) -> None:
        """Counts what is kept now, or drops it where the backend has counted it and no part of it is asked for."""
        parts = bool(written.tool.chars or (written.reasoning.chars and (told is None or told.reasoning is None)))
        reported = told is not None and is_sound(told.completion)
        for kept in written.kept:
            text = kept.take()
            if text and (parts or not reported):
                task = asyncio.get_running_loop().create_task(self._count_ahead(kept, text))
                self._ahead.add(task)
                task.add_done_callback(self._counted_ahead)

    def _counted_ahead(self, task: asyncio.Task[None]) -> None:
        """Whatever became of it. What it failed to read is missed at the end."""
        self._ahead.discard(task)
        if not task.cancelled():
            task.exception()

    async def _count_ahead(self, kept: Kept, text: str) -> None:
        counts = await self._counter.count((text,))
        if counts is not None:
            kept.tokens += counts[0]
            kept.read += len(text)

    async def _within(self, work: Coroutine[None, None, _T]) -> _T | None:
        """What comes of some work; None if it takes too long or fails."""
        task = asyncio.get_running_loop().create_task(work)
        try:
            await asyncio.wait((task,), timeout=self._patience_s)
        finally:
            task.cancel()
        return None if not task.done() or task.cancelled() or task.exception() is not None else task.result()

    async def _finish(self, guard: StreamGuard | None, known: Evidence) -> Counted | None:
        told = (guard.usage if guard is not None else None) or Usage()
        asks_prompt = not is_sound(told.prompt)
        splits = needs_count(told, known)
        if not (splits or asks_prompt or known.untold.chars):
            return None
        if self._ahead:
            await asyncio.wait(tuple(self._ahead))
        prompt = self._prompt.texts if asks_prompt else ()
        written = guard.written if guard is not None else Written()
        kept = self._kept(written, told, known, splits)
        counts = await self._counter.count((*prompt, *(text for _, _, text in kept)))
        if counts is None:
            return None
        counted = Counted(prompt=self._around(counts[: len(prompt)]) if asks_prompt else None)
        return self._sum(counted, written, kept, counts[len(prompt) :])

    def _kept(self, written: Written, told: Usage, known: Evidence, splits: bool) -> list[tuple[str, Kept, str]]:
        """The texts to count, with their class; the last of one text is enough where the rest has been reported."""
        if not (splits or known.untold.chars):
            return []
        kept = [(kind, one, one.take()) for one, kind in written.kept.items()]
        if splits or not is_sound(told.completion) or len(kept) != 1 or len(kept[0][2]) < known.untold.chars:
            return kept
        kind, one, text = kept[0]
        one.tokens = one.read = 0
        return [(kind, one, text[len(text) - known.untold.chars :])]

    @staticmethod
    def _sum(
        counted: Counted, written: Written, kept: Sequence[tuple[str, Kept, str]], counts: Sequence[int]
    ) -> Counted:
        if not kept:
            return counted
        tokens = dict.fromkeys(("answer", "reasoning", "tool"), 0)
        for one, kind in written.kept.items():
            tokens[kind] += one.tokens
        read = sum(one.read for one in written.kept)
        for (kind, _, text), count in zip(kept, counts, strict=True):
            tokens[kind] += count
            read += len(text)
        return msgspec.structs.replace(
            counted,
            answer=tokens["answer"],
            reasoning=tokens["reasoning"],
            tool=tokens["tool"],
            chars=read,
            whole=read == written.chars,
        )

    def _around(self, counts: Sequence[int]) -> int:
        """The prompt's tokens, with what is taken for its chat template, its pictures, and names and plain words."""
        messages = self._prompt.messages
        around = _MESSAGE * messages + _REPLY if messages else 0
        return sum(counts) + around + (self.picture_tokens or 0) + estimate(self._prompt.aside_chars, 0)
