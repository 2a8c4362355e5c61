"""Runs labelled rows through a classifier and says how well it tells them apart, for each source and overall."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

import click
import msgspec
from msgspec.structs import replace

from guard.app import build_classifiers
from guard.cli.labelled import Labelled
from guard.cli.model_score import Scorer, stream_scorer, text_scorer
from guard.cli.ranking import Quality, Tally
from guard.config import Settings
from guard.core.assessment import Passage
from guard.core.event import EngineStatus
from guard.inference.manifest import ModelSpec, ScoreSpec
from guard.security.classifiers import Classifiers

AT_ONCE: Final = 64
"""Rows that are scored together."""
ALL: Final = "all"
_PATIENCE_S: Final = 600.0
"""How fast a row is scored is not the question here."""


class Evaluation(msgspec.Struct, frozen=True):
    """What was asked of which model, and the answers: a row for each source, and one for all."""

    model: str
    score: str
    threshold: float
    sources: tuple[Quality, ...]
    overall: Quality


def chosen(specs: Sequence[ModelSpec], model: str | None, score: str | None) -> tuple[ModelSpec, ScoreSpec]:
    """The model and the score that are meant; window models are where no model is named. Raises click.UsageError."""
    for spec in specs:
        for one in spec.scores:
            meant = spec.kind == "window" if model is None else spec.name == model
            if meant and score in (None, one.name):
                return spec, one
    there = ", ".join(f"{spec.name} ({one.name})" for spec in specs for one in spec.scores)
    raise click.UsageError(f"no model gives that score; there are, with their scores: {there or 'none'}")


def evaluate(
    settings: Settings, spec: ModelSpec, score: ScoreSpec, rows: Iterable[Labelled], advance: Callable[[int], None]
) -> Evaluation:
    """Scores the rows, some at a time; `advance` is told how many more are done. Raises ConfigError."""
    inference = replace(settings.inference, classifiers=(score.name,), verdict_s=_PATIENCE_S)
    tallies = asyncio.run(_tallied(replace(settings, inference=inference), spec, score, rows, advance))
    overall = Tally()
    for tally in tallies.values():
        overall.join(tally)
    return Evaluation(
        model=spec.name,
        score=score.name,
        threshold=score.threshold,
        sources=tuple(tally.quality(source, score.threshold) for source, tally in sorted(tallies.items())),
        overall=overall.quality(ALL, score.threshold),
    )


async def _tallied(
    settings: Settings, spec: ModelSpec, score: ScoreSpec, rows: Iterable[Labelled], advance: Callable[[int], None]
) -> dict[str, Tally]:
    classifiers = build_classifiers(settings)
    assert classifiers is not None
    classifiers.start()
    try:
        scorer = _scorer(classifiers, spec, score)
        tallies: dict[str, Tally] = {}
        for some in _shares(iter(rows)):
            scored = await asyncio.gather(*(scorer(Passage(row.text, row.role)) for row in some))
            for row, one in zip(some, scored, strict=True):
                _count(tallies.setdefault(row.source, Tally()), row, one)
            advance(len(some))
        return tallies
    finally:
        await classifiers.stop()


def _scorer(classifiers: Classifiers, spec: ModelSpec, score: ScoreSpec) -> Scorer:
    if spec.kind == "window":
        return text_scorer(classifiers.text, score.name)
    return stream_scorer(classifiers.answers, score)


def _shares(rows: Iterator[Labelled]) -> Iterator[list[Labelled]]:
    while some := list(islice(rows, AT_ONCE)):
        yield some


def _count(tally: Tally, row: Labelled, scored: float | EngineStatus) -> None:
    if isinstance(scored, float):
        tally.add(scored, row.label)
    elif scored is EngineStatus.SKIPPED:
        tally.skipped += 1
    else:
        tally.failed += 1
