"""Names in answers as they flow: an engine that answers later. Text with no word that could be a name goes on.

Which words the model reads together is decided by words (see `run.py`), so findings do not depend on how the text was
cut into chunks. It can't see plans; it tells names that reach the model's thresholds.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from guard.core.action import Action
from guard.core.channel import Channel
from guard.core.event import EngineStatus, Inspected, StageFailed
from guard.core.finding import Finding
from guard.core.plan import Plan
from guard.errors import EngineError, EngineTimeout
from guard.pii.names.gate import Gate, Lists
from guard.pii.names.label import Labeller
from guard.pii.names.run import RunReader, Stretch
from guard.pii.names.span import Decoder
from guard.pii.names.word import WordCutter
from guard.ports import Tell

MOST_ASKED: Final = 32
"""Stretches of one channel that await the model from which on the rest of its text waits: the queue is everybody's."""
PIECE_CHARS: Final = 512
"""Longer texts are read piece by piece."""
MOST_PIECES: Final = 16
"""Pieces that are read before others get their turn."""


class FlowingNames:
    """Implements `ports.DeferredEngine`."""

    outrun = False

    def __init__(
        self,
        name: str,
        labeller: Labeller,
        decoder: Decoder,
        lists: Lists,
        patience_s: float,
        left_words: int,
        right_words: int,
    ) -> None:
        """`left_words` and `right_words` are what the model reads before and behind what could be a name."""
        self.name = name
        self._labeller = labeller
        self._decoder = decoder
        self._lists = lists
        self._patience_s = patience_s
        self._left = left_words
        self._right = right_words

    def concerns(self, plan: Plan) -> bool:
        """Whether the plan does anything about names. See `ports.DeferredEngine`."""
        return any(plan.action(Finding(type_, 0, 0)) is not Action.ALLOW for type_ in self._decoder.types)

    def open(self, channel: Channel, tell: Tell) -> "NameChannel":
        """A fresh memory for one channel."""
        reader = RunReader(Gate(self._lists), self._left, self._right)
        return NameChannel(self, channel, tell, WordCutter(channel.is_json), reader)

    async def find(self, stretch: Stretch, read: Callable[[int], None]) -> Sequence[Finding]:
        """The names in a stretch of text. `read` is told how many tokens the model is given. Raises EngineError."""
        deadline = asyncio.get_running_loop().time() + self._patience_s
        parts = self._labeller.parts(stretch.words)
        read(self._labeller.tokens(parts))
        labels = await self._labeller.label(len(stretch.words), parts, deadline)
        return self._decoder.findings(stretch.words, labels, stretch.first, stretch.last)


class NameChannel:
    """One channel: implements `ports.DeferredChannel`."""

    def __init__(
        self, engine: FlowingNames, channel: Channel, tell: Tell, cutter: WordCutter, reader: RunReader
    ) -> None:
        self._engine = engine
        self._channel = channel
        self._tell = tell
        self._cutter = cutter
        self._reader = reader
        self._texts: deque[str] = deque()
        """What is not cut into words yet."""
        self._asked: deque[tuple[int, asyncio.Task[Sequence[Finding]]]] = deque()
        """Stretches that await the model, in order, and how far the text is decided with each."""
        self._clear = 0
        """How far the text is decided once they are."""
        self._told = 0
        self.tokens = 0
        """What the model has been given to read. See `ports.DeferredChannel`."""
        self._final = False
        self._soon: asyncio.Handle | None = None

    @property
    def waiting(self) -> bool:
        """Whether a verdict is under way."""
        return bool(self._asked or self._texts) or self._soon is not None

    def feed(self, text: str, final: bool) -> None:
        """Takes text. See `ports.DeferredChannel`."""
        self._final = final
        if not self._texts and len(self._asked) < MOST_ASKED and len(text) <= PIECE_CHARS:
            self._read(text, final)
        else:
            self._texts.extend(text[at : at + PIECE_CHARS] for at in range(0, len(text) or 1, PIECE_CHARS))
        if self._soon is None and (self._texts or final or (not self._asked and self._clear > self._told)):
            self._soon = asyncio.get_running_loop().call_soon(self._go_on)

    def close(self) -> None:
        """Gives back what it holds. See `ports.DeferredChannel`."""
        self._texts.clear()
        asked, self._asked = self._asked, deque()
        for _, task in asked:
            task.cancel()
        if self._soon is not None:
            self._soon.cancel()
            self._soon = None

    def _read(self, text: str, final: bool) -> None:
        words = self._cutter.feed(text, final)
        for stretch in self._reader.feed(words, self._cutter.covered, final):
            if stretch.words:
                task = asyncio.get_running_loop().create_task(self._engine.find(stretch, self._reads))
                task.add_done_callback(self._answered)
                self._asked.append((stretch.upto, task))
            else:
                self._clear = stretch.upto

    def _reads(self, tokens: int) -> None:
        self.tokens += tokens

    def _answered(self, task: "asyncio.Task[Sequence[Finding]]") -> None:
        """A stretch has its names, or never will."""
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            self._fail(error)
        elif self._asked and self._asked[0][1] is task:
            self._go_on()

    def _fail(self, error: BaseException) -> None:
        self.close()
        timed_out = isinstance(error, EngineTimeout)
        self._tell(StageFailed(self._engine.name, EngineStatus.TIMEOUT if timed_out else EngineStatus.ERROR))
        if not isinstance(error, EngineError):
            raise error

    def _go_on(self) -> None:
        """Tells what is decided by now, and reads on if there is room."""
        if self._soon is not None:
            self._soon.cancel()
            self._soon = None
        findings: list[Finding] = []
        upto = self._told
        while self._asked and self._asked[0][1].done():
            upto, task = self._asked.popleft()
            findings += task.result()
        for _ in range(MOST_PIECES):
            if not self._texts or len(self._asked) >= MOST_ASKED:
                break
            text = self._texts.popleft()
            self._read(text, self._final and not self._texts)
        if not self._asked:
            upto = max(upto, self._clear)
        if self._texts and len(self._asked) < MOST_ASKED:
            self._soon = asyncio.get_running_loop().call_soon(self._go_on)
        over = self._final and not self._asked and not self._texts
        if over:
            self.close()
        if upto > self._told or findings or over:
            self._told = upto
            self._tell(Inspected(self._channel, self._engine.name, upto, tuple(findings)))
