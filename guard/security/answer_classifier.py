"""The classifier of answers as they flow: a stream model reads each word once, and the transformer judges where it is
unsure.

It is an engine that answers later: the words of all streams are read together (see `inference/stepper.py`). It can't
see plans; it tells whatever score reaches the lower end of a model's doubt, and the plan's threshold decides.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Final, NamedTuple

from guard.core.channel import Channel
from guard.core.event import EngineStatus, Inspected, StageFailed
from guard.core.finding import Finding
from guard.core.plan import Plan
from guard.errors import EngineError, EngineTimeout
from guard.inference.manifest import ModelSpec
from guard.inference.stepper import Stepper
from guard.inference.turn import Slot
from guard.inference.vocabulary import Vocabulary
from guard.ports import Tell
from guard.security.head import Head, HeadReader
from guard.security.reading import Word, WordReader

NAME: Final = "stream"
PARAGRAPH_TOKENS: Final = 256
"""After so many tokens the model begins afresh with the next paragraph: what lies far back must not decide for ever."""
MOST_TOKENS: Final = 1024
"""After so many it begins afresh in any case."""
MOST_PENDING: Final = 128
"""Words of one channel without a verdict from which on the rest of its text waits: the queue is everybody's."""
PIECE_CHARS: Final = 512
"""Longer texts are read piece by piece."""


class Opinion(NamedTuple):
    """The transformer's score of a text, and how many tokens it read for it."""

    score: float
    tokens: int = 0


Judge = Callable[[str, str], Awaitable[Opinion]]
"""The transformer's opinion, by a classifier's name and a text. Raises EngineError."""


class AnswerClassifier:
    """Implements `ports.DeferredEngine`."""

    name = NAME
    outrun = True

    def __init__(self, model: ModelSpec, stepper: Stepper, vocabulary: Vocabulary, judge: Judge | None) -> None:
        """`judge` is asked where the stream model is unsure; without it the stream model's word stands."""
        self.heads = tuple(Head(model, score) for score in model.scores)
        self._floors = tuple((head.column, head.floor) for head in self.heads)
        self.stepper = stepper
        self.vocabulary = vocabulary
        self.judge = judge
        self._tasks: set[asyncio.Task[None]] = set()

    def is_loud(self, row: Sequence[float]) -> bool:
        """Whether any score is not clearly clean."""
        for column, floor in self._floors:  # noqa: SIM110 - once per word
            if row[column] >= floor:
                return True
        return False

    def concerns(self, plan: Plan) -> bool:
        """Whether any classifier counts. See `ports.DeferredEngine`."""
        return plan.classifiers != ()

    def open(self, channel: Channel, tell: Tell) -> "AnswerChannel":
        """A fresh memory for one channel. Raises EngineBusy."""
        return AnswerChannel(self, channel, tell)

    def spawn(self, work: Coroutine[None, None, None]) -> "asyncio.Task[None]":
        """Runs a question to the transformer; the channel that asks cancels it when it closes."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


class AnswerChannel:
    """One channel: implements `ports.DeferredChannel` and `inference.turn.Listener`."""

    def __init__(self, engine: AnswerClassifier, channel: Channel, tell: Tell) -> None:
        self._engine = engine
        self._channel = channel
        self._tell = tell
        self._words = WordReader()
        self._slot: Slot = engine.stepper.open(self)
        self._texts: deque[str] = deque()
        """What is not cut into words yet."""
        self._pending: deque[Word] = deque()
        """Words that have no verdict."""
        self._rows: deque[Sequence[float]] = deque()
        """Scores of the first of them: they wait while the transformer is asked about the very first."""
        self._told = 0
        self.tokens = 0
        """What the models have been given to read. See `ports.DeferredChannel`."""
        self._read = 0
        """Tokens that the model has read since it began or forgot."""
        self._final = False
        self._soon: asyncio.Handle | None = None
        self._question: asyncio.Task[None] | None = None
        self._heads = [HeadReader(head) for head in engine.heads]
        self._alert = False
        """Whether a head remembers something, so that also a low score has to be looked at."""

    @property
    def waiting(self) -> bool:
        """Whether a verdict is under way."""
        return bool(self._pending or self._texts) or self._soon is not None

    def feed(self, text: str, final: bool) -> None:
        """Takes text. See `ports.DeferredChannel`."""
        self._final = final
        if self._texts or len(self._pending) >= MOST_PENDING or len(text) > PIECE_CHARS:
            self._texts.extend(text[at : at + PIECE_CHARS] for at in range(0, len(text) or 1, PIECE_CHARS))
            self._read_on()
        else:
            self._read_words(text, final)

    def _read_on(self) -> None:
        """Cuts into words what may join those that wait."""
        while self._texts and len(self._pending) < MOST_PENDING:
            text = self._texts.popleft()
            self._read_words(text, self._final and not self._texts)

    def _read_words(self, text: str, final: bool) -> None:
        for word in self._words.feed(text, final, self._told):
            ids = self._engine.vocabulary.ids(word.text)
            fresh = self._read >= (PARAGRAPH_TOKENS if word.opens else MOST_TOKENS)
            self._read = len(ids) + (0 if fresh else self._read)
            self._slot.push(ids, fresh)
            self.tokens += len(ids)
            self._pending.append(word)
        if not self._pending and self._soon is None and (final or self._words.covered > self._told):
            self._soon = asyncio.get_running_loop().call_soon(self._say_covered)

    def close(self) -> None:
        """Gives back its place. See `ports.DeferredChannel`."""
        self._slot.close()
        self._texts.clear()
        self._pending.clear()
        self._rows.clear()
        soon, question = self._soon, self._question
        self._soon = self._question = None
        for handle in (soon, question):
            if handle is not None:
                handle.cancel()

    def stepped(self, rows: Sequence[Sequence[float]]) -> None:
        """The scores after the next words."""
        if not (self._alert or self._rows or self._texts) and len(rows) == 1 and not self._engine.is_loud(rows[0]):
            self._say(self._pending.popleft().end, ())  # nearly every word
            return
        self._rows.extend(rows)
        if self._question is None:
            self._judge([])

    def failed(self, error: EngineError) -> None:
        """No more scores will come."""
        status = EngineStatus.TIMEOUT if isinstance(error, EngineTimeout) else EngineStatus.ERROR
        self.close()
        self._tell(StageFailed(NAME, status))

    def _judge(self, findings: list[Finding]) -> None:
        """Judges the words that have a score, up to one that the transformer is asked about, and tells the verdict."""
        judged = self._told
        while self._rows:
            row = self._rows[0]
            if self._alert or self._engine.is_loud(row):
                asked = self._doubting(row)
                if asked is not None:
                    self._question = self._engine.spawn(self._ask(*asked))
                    self._question.add_done_callback(self._asked)
                    break
                findings += self._findings(row, None, 0.0)
            self._rows.popleft()
            judged = self._pending.popleft().end
        if judged > self._told:
            self._say(judged, findings)
        if self._texts:
            try:
                self._read_on()
            except EngineError as error:
                self.failed(error)

    def _asked(self, question: "asyncio.Task[None]") -> None:
        """A question is over. One that was not called off and brought no answer must not be waited for."""
        if question is self._question:
            self._question = None
            self.failed(EngineError("The classifier gave no answer."))

    def _doubting(self, row: Sequence[float]) -> tuple[Judge, HeadReader] | None:
        judge = self._engine.judge
        for reader in self._heads if judge is not None else ():
            if judge is not None and reader.doubts(row):
                return judge, reader
        return None

    async def _ask(self, judge: Judge, reader: HeadReader) -> None:
        """Asks the transformer about the first word that waits."""
        try:
            opinion = await judge(reader.head.name, self._words.before(self._pending[0].end))
        except EngineError as error:
            self._question = None
            self.failed(error)
            return
        self._question = None
        self.tokens += opinion.tokens
        findings = self._findings(self._rows.popleft(), reader, opinion.score)
        word = self._pending.popleft()
        self._say(word.end, findings)
        self._judge([])

    def _findings(self, row: Sequence[float], asked: HeadReader | None, score: float) -> list[Finding]:
        """What the first word that waits means; `asked` is the head about which the transformer said `score`."""
        word = self._pending[0]
        found: list[Finding] = []
        for reader in self._heads:
            if reader is asked:
                finding = reader.answered(row, word.start, word.end, score)
            else:
                finding = reader.read(row, word.start, word.end)
            if finding is not None:
                found.append(finding)
        self._alert = any(reader.alert for reader in self._heads)
        return found

    def _say(self, judged: int, findings: Sequence[Finding]) -> None:
        """Tells the verdict on the text before `judged`, and on the space behind it if no word waits."""
        self._told = judged if self._pending else max(judged, self._words.covered)
        if self._final and not self._pending and not self._texts:
            self.close()
        self._tell(Inspected(self._channel, NAME, self._told, tuple(findings)))

    def _say_covered(self) -> None:
        """Tells a verdict that needs no score: space alone, or the end. Words that came since have theirs told."""
        self._soon = None
        if self._pending:
            return
        self._told = max(self._told, self._words.covered)
        if self._final and not self._texts:
            self.close()
        self._tell(Inspected(self._channel, NAME, self._told))
