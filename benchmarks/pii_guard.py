"""Guard's engines for personal data, as `benchmarks.pii` drives them: whole texts, and token by token."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
import regex

from benchmarks.pii_score import single
from benchmarks.pii_set import TYPES, Example, Span
from guard.app import build_engine
from guard.config import bundled_models
from guard.core.channel import Channel
from guard.core.event import Inspected, StageFailed
from guard.core.finding import Finding
from guard.core.spans import parted
from guard.inference.device import Device
from guard.inference.schedule import Limits
from guard.pii.names.gate import Gate, Lists
from guard.pii.names.run import RunReader
from guard.pii.names.service import NAME, NameOptions, Names, open_names
from guard.pii.names.whole import WholeNames
from guard.pii.names.word import words_of
from guard.ports import Engine

CHANNEL = Channel(0, "content")
PATIENCE_S = 600.0
EVALUATED = frozenset(TYPES.values())
"""What texts hold; findings of other types (dates, ages) are neither right nor wrong."""
_TOKEN = regex.compile(r"\s*\p{L}{1,6}|\s*\p{N}{1,3}|\s*[^\s\p{L}\p{N}]|\s+")
"""Cuts about as a model's tokenizer does."""


class Flowed(msgspec.Struct, frozen=True):
    """What flowed. `late` is how many characters behind the newest the verdict was."""

    found: tuple[tuple[Span, ...], ...]
    late_mean: float
    late_p99: float
    cpu_us_token: float


def options(models: Path | None, left: int = 12, right: int = 4) -> NameOptions:
    """The names engine on one thread."""
    return NameOptions(models or bundled_models(), PATIENCE_S, Device("cpu", 1), Limits(), left, right)


async def opened(chosen: NameOptions) -> Names:
    """The names engine, running."""
    names = open_names(chosen, required=True)
    assert names is not None
    names.start()
    return names


def ungated(names: Names) -> WholeNames:
    """The same engine without the gate: the model reads every word."""
    return WholeNames(NAME, names.labeller, names.decoder, None, PATIENCE_S)


async def whole(texts: Sequence[Example], names: WholeNames | None, engine: Engine) -> list[tuple[Span, ...]]:
    """What is found in whole texts, as prompts are read; without `names`, by patterns alone."""
    found = []
    for one in texts:
        named = await names.find(one.text) if names is not None else ()
        found.append(single(_spans((*_patterns(engine, one.text), *named))))
    return found


async def streamed(texts: Sequence[Example], names: Names, engine: Engine) -> Flowed:
    """What is found token by token, as answers are read, and how late."""
    found: list[tuple[Span, ...]] = []
    late: list[int] = []
    tokens = 0
    begun = time.process_time()
    for one in texts:
        heard = _Heard()
        channel = names.answers.open(CHANNEL, heard.hear)
        pieces = _TOKEN.findall(one.text)
        at = 0
        for index, piece in enumerate(pieces):
            at += len(piece)
            channel.feed(piece, index == len(pieces) - 1)
            while channel.waiting:
                await heard.more()
            late.append(at - heard.upto)
        tokens += len(pieces)
        found.append(single(_spans((*_patterns(engine, one.text), *heard.findings))))
    late.sort()
    cpu = (time.process_time() - begun) * 1e6 / tokens
    return Flowed(tuple(found), sum(late) / len(late), late[int(0.99 * len(late))], cpu)


class _Heard:
    """What one channel was told."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.upto = 0
        self._news = asyncio.Event()

    def hear(self, verdict: Inspected | StageFailed) -> None:
        assert isinstance(verdict, Inspected), "the model failed"
        self.findings.extend(verdict.findings)
        self.upto = verdict.upto
        self._news.set()

    async def more(self) -> None:
        await self._news.wait()
        self._news.clear()


def needed(texts: Sequence[Example], left: int, right: int) -> float:
    """The share of words that the model has to read for a stream's sake: those in stretches, without their context."""
    lists = Lists.bundled()
    asked = total = 0
    for one in texts:
        words = words_of(one.text)
        total += len(words)
        for stretch in RunReader(Gate(lists), left, right).feed(words, len(one.text), True):
            asked += stretch.last - stretch.first
    return asked / total


def pattern_engine() -> Engine:
    """Every pattern there is."""
    engine = build_engine()
    engine.prepare()
    return engine


def _patterns(engine: Engine, text: str) -> Sequence[Finding]:
    memory = engine.open(CHANNEL)
    try:
        return memory.feed(text, True).findings
    finally:
        memory.close()


def _spans(findings: Sequence[Finding]) -> list[tuple[float, Span]]:
    """What is redacted for them: as the core has it, a guess gives way to a value of a known form."""
    known = [one for one in findings if one.type in EVALUATED]
    return [(one.score, Span(one.start, one.end, one.type)) for one in parted(known)]
