"""The deferred path with its timing in the test's hand: turns of the stream model and answers of the transformer come
when they are called for, in any order, and all else is the real thing."""

import asyncio
from collections.abc import Sequence

from guard.core.channel import Channel
from guard.core.event import Finished, Lull
from guard.core.frame import Frame, Slot
from guard.core.plan import Plan
from guard.errors import EngineBusy
from guard.inference.turn import Listener, Word
from guard.inference.turn import Slot as Place
from guard.inference.vocabulary import Vocabulary
from guard.runtime.inspection import Engines, Inspection
from guard.scan.engine import PatternEngine
from guard.security.answer_classifier import AnswerClassifier, Opinion
from tests.security.stream_model import LOGITS, SPEC, encode

CONTENT = Channel(0, "content")
REASONING = Channel(0, "reasoning_content")
SECOND = Channel(1, "content")


class HandStepper:
    """A stepper without a thread: a turn is taken when the test takes it."""

    def __init__(self, most: int = 1_000_000) -> None:
        self.places: list[Place] = []
        self.most = most

    def open(self, listener: Listener) -> Place:
        place = Place(len(self.places), listener, self._push, lambda place: place.waiting.clear())
        self.places.append(place)
        return place

    def _push(self, place: Place, word: Word) -> None:
        if self.waiting >= self.most:
            raise EngineBusy("no room")
        place.waiting.append(word)

    @property
    def waiting(self) -> int:
        return sum(len(place.waiting) for place in self.places)

    @property
    def open_places(self) -> int:
        return sum(not place.closed for place in self.places)

    def turn(self, index: int, words: int) -> bool:
        """Reads so many words of one of the streams that wait; False if none does."""
        places = [place for place in self.places if place.waiting]
        if not places:
            return False
        place = places[index % len(places)]
        read = [place.waiting.popleft() for _ in range(min(words, len(place.waiting)))]
        names = [list(LOGITS)[word.ids[-1]] for word in read]
        place.listener.stepped([[LOGITS[name], 1.0, 2.0 if name == "drug" else 0.0] for name in names])
        return True


class HandJudge:
    """A transformer that answers when the test says so: by the length of what it is asked about."""

    def __init__(self) -> None:
        self.questions: list[tuple[asyncio.Future[Opinion], str]] = []

    async def __call__(self, name: str, text: str) -> Opinion:
        future: asyncio.Future[Opinion] = asyncio.get_running_loop().create_future()
        self.questions.append((future, text))
        return await future

    def answer(self) -> bool:
        while self.questions:
            future, text = self.questions.pop(0)
            if not future.done():
                future.set_result(Opinion(0.95 if len(text.split()) % 2 else 0.05))
                return True
        return False


class HandFlow:
    """One answer's text, from the backend to the client, under the pattern engine and the stream classifier."""

    def __init__(self, engine: PatternEngine, plan: Plan, most: int = 1_000_000) -> None:
        self.stepper = HandStepper(most)
        self.judge = HandJudge()
        self.read: dict[Channel, str] = {}
        self.after_halt = False
        self.ended = False
        """Whether the end mark has left."""
        classifier = AnswerClassifier(SPEC, self.stepper, Vocabulary(encode, 0), self.judge)  # type: ignore[arg-type]
        self.inspection = Inspection(plan, Engines((engine,), (classifier,)), self._render)

    @property
    def guard(self):  # type: ignore[no-untyped-def]
        return self.inspection.guard

    def _render(self, frame: Frame, texts: Sequence[str] | None) -> bytes:
        self.after_halt |= self.inspection.halt is not None or self.ended
        self.ended |= frame.last
        for slot, text in zip(frame.slots, texts or [slot.text for slot in frame.slots], strict=True):
            self.read[slot.channel] = self.read.get(slot.channel, "") + text
        return b"x"

    def write(self, *pieces: tuple[Channel, str]) -> None:
        """One frame with these pieces."""
        if self.inspection.halt is None:
            slots = tuple(Slot(channel, text, 0, 0) for channel, text in pieces)
            self.inspection.see(Frame(b"", slots, splittable=len(slots) == 1))

    def finish(self, *choices: int) -> None:
        if self.inspection.halt is None:
            self.inspection.see(Frame(b"", finishes=choices))

    async def step(self, kind: int, size: int) -> None:
        """Something happens: a turn, an answer of the transformer, a pause, whatever is due."""
        if kind == 0:
            await asyncio.sleep(0)
        elif kind == 1:
            self.stepper.turn(size, 1 + size)
        elif kind == 2:
            self.judge.answer()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        elif kind == 3:
            self.inspection.handle(Lull())

    async def settle(self) -> None:
        """Every verdict that can come comes."""
        for _ in range(100_000):
            for _ in range(4):
                await asyncio.sleep(0)
            if not self.stepper.turn(0, 32) and not self.judge.answer() and not self.inspection.waits:
                return
        raise AssertionError("verdicts never end")

    async def end(self) -> None:
        """The backend's last frame, every verdict, and the end."""
        if self.inspection.halt is None:
            self.inspection.see(Frame(b"", last=True))
        await self.settle()
        if self.inspection.halt is None:
            self.inspection.handle(Finished(complete=True))
        self.inspection.close()
