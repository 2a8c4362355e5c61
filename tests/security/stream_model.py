"""A stream model that one can follow: a word's token is its score, and the state remembers the highest so far."""

import asyncio
import math
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import numpy as np

from guard.core.channel import Channel
from guard.core.event import Inspected, StageFailed
from guard.errors import EngineError
from guard.inference.manifest import KindSpec, ModelSpec, ScoreSpec, TokenizerSpec
from guard.inference.runner import Floats, Ids, StepRunner
from guard.inference.stepper import StepLimits, Stepper
from guard.inference.vocabulary import Vocabulary
from guard.security.answer_classifier import AnswerChannel, AnswerClassifier, Judge, Opinion

CONTENT = Channel(0, "content")

SPEC = ModelSpec(
    name="stream",
    kind="stream",
    file="m",
    sha256="0" * 64,
    tokenizer=TokenizerSpec("t", "0" * 64),
    license="none",
    version="1",
    state=1,
    scores=(
        ScoreSpec(
            name="unsafe",
            column=0,
            threshold=0.7,
            doubt=(0.3, 0.9),
            kinds=KindSpec(first=1, types=("UNSAFE_WEAPONS", "UNSAFE_DRUGS")),
        ),
    ),
)
LOGITS = {"calm": -9.0, "doubtful": 0.0, "bad": 9.0, "drug": 9.5}


class LastWord:
    """Scores the last word alone."""

    def step(self, ids: Ids, state: Floats) -> tuple[Floats, Floats]:
        names = list(LOGITS)
        rows = [[LOGITS[names[i]], 1.0, 2.0 if names[i] == "drug" else 0.0] for i in ids.tolist()]
        return np.array(rows, dtype=np.float32), state + 1

    def close(self) -> None:
        """Nothing to free."""


class Counting:
    """Scores how many tokens it has read since it began: logit n / 1000 + 5."""

    def step(self, ids: Ids, state: Floats) -> tuple[Floats, Floats]:
        after = state + 1
        return np.concatenate([after / 1000 + 5, after, after], axis=1).astype(np.float32), after

    def close(self) -> None:
        """Nothing to free."""


def judged_counts(scores: Sequence[float]) -> list[int]:
    """How many tokens had been read at each score."""
    return [round((math.log(score / (1 - score)) - 5) * 1000) for score in scores]


def encode(word: str) -> Sequence[int]:
    names = list(LOGITS)
    return [names.index(word.strip(".,!").lower())] if word.strip(".,!").lower() in names else [0]


class Told:
    """What one channel's engine says."""

    def __init__(self, engine: AnswerClassifier) -> None:
        self.verdicts: list[Inspected] = []
        self.failure: StageFailed | None = None
        self.channel: AnswerChannel = engine.open(CONTENT, self.hear)

    def hear(self, verdict: Inspected | StageFailed) -> None:
        if isinstance(verdict, StageFailed):
            self.failure = verdict
        else:
            self.verdicts.append(verdict)

    @property
    def upto(self) -> int:
        return max((one.upto for one in self.verdicts), default=0)

    @property
    def findings(self) -> list[tuple[str, int, int, bool]]:
        return [(f.type, f.start, f.end, f.continues) for one in self.verdicts for f in one.findings]

    async def quiet(self) -> "Told":
        async with asyncio.timeout(20):
            while self.channel.waiting:  # noqa: ASYNC110 - nothing tells that the engine is quiet
                await asyncio.sleep(0.001)
        return self


@asynccontextmanager
async def engine(judge: Judge | None = None, runner: StepRunner | None = None) -> AsyncIterator[AnswerClassifier]:
    stepper = Stepper(runner or LastWord(), 1, StepLimits(pause_s=0.0))
    stepper.start()
    try:
        yield AnswerClassifier(SPEC, stepper, Vocabulary(encode, 0), judge)
    finally:
        stepper.stop()


async def failing(_name: str, _text: str) -> Opinion:
    raise EngineError("no")
