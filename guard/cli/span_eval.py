"""Runs texts whose names are marked through a token model, as prompts are read, and says how many it finds, by type."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Final

import click
import msgspec
from msgspec.structs import replace

from guard.app import build_names
from guard.cli.labelled import lines
from guard.config import Settings
from guard.core.assessment import SlotText
from guard.core.discreet import Discreet
from guard.core.event import EngineStatus
from guard.dialects.complaint import misfit
from guard.inference.manifest import ModelSpec
from guard.ports import TextEngine

AT_ONCE: Final = 64
ALL: Final = "all"
_PATIENCE_S: Final = 600.0
"""How fast a row is read is not the question here."""
_CURE: Final = 'a line is {"text": "…", "spans": [{"start": 0, "end": 4, "type": "PERSON"}]}, offsets in code points'


class Marked(msgspec.Struct, frozen=True):
    """A name that stands in a text."""

    start: int
    end: int
    type: str


class MarkedText(Discreet, frozen=True):
    """One row."""

    text: str
    spans: tuple[Marked, ...]


class Recalled(msgspec.Struct, frozen=True):
    """How well one type's spans were found, exactly. None: there was nothing to divide by."""

    type: str
    spans: int
    precision: float | None
    recall: float | None
    f1: float | None
    f2: float | None


class SpanEvaluation(msgspec.Struct, frozen=True):
    """One row for each type of the model's, and one for all. `failed` texts gave no verdict and count as missed."""

    model: str
    rows: int
    failed: int
    types: tuple[Recalled, ...]


def count(file: Path) -> int:
    """How many rows a file has. Raises click.UsageError (line, cure)."""
    rows = sum(1 for _ in read(file))
    if not rows:
        raise click.UsageError(f"{file} has no rows; {_CURE}")
    return rows


def read(file: Path) -> Iterator[MarkedText]:
    """The rows of a file. Raises click.UsageError (line, cure)."""
    for number, line in lines(file):
        try:
            yield msgspec.json.decode(line, type=MarkedText)
        except msgspec.ValidationError as error:
            raise click.UsageError(f"{file}: line {number}: {misfit(error)}; {_CURE}") from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise click.UsageError(f"{file}: line {number} is not a JSON object in UTF-8; {_CURE}") from None


def evaluate(
    settings: Settings, spec: ModelSpec, rows: Iterator[MarkedText], advance: Callable[[int], None]
) -> SpanEvaluation:
    """Reads the rows, some at a time; `advance` is told how many more are done. Raises ConfigError."""
    inference = replace(settings.inference, names=True, verdict_s=_PATIENCE_S)
    return asyncio.run(_evaluated(replace(settings, inference=inference), spec, rows, advance))


async def _evaluated(
    settings: Settings, spec: ModelSpec, rows: Iterator[MarkedText], advance: Callable[[int], None]
) -> SpanEvaluation:
    names = build_names(settings)
    assert names is not None
    names.start()
    right, said, true = Counter[str](), Counter[str](), Counter[str]()
    read = failed = 0
    try:
        while some := list(islice(rows, AT_ONCE)):
            found = await asyncio.gather(*(_found(names.text, row) for row in some))
            for row, spans in zip(some, found, strict=True):
                marked = {span for span in row.spans if span.type in names.text.types}
                right.update(span.type for span in marked & (spans or set()))
                said.update(span.type for span in spans or ())
                true.update(span.type for span in marked)
                failed += spans is None
            read += len(some)
            advance(len(some))
    finally:
        await names.stop()
    types = [_recalled(type_, right[type_], said[type_], true[type_]) for type_ in names.text.types]
    return SpanEvaluation(spec.name, read, failed, (*types, _recalled(ALL, right.total(), said.total(), true.total())))


async def _found(engine: TextEngine, row: MarkedText) -> set[Marked] | None:
    (verdict,) = await engine.inspect([SlotText(row.text)])
    if verdict.status is not EngineStatus.OK:
        return None
    return {Marked(one.start, one.end, one.type) for one in verdict.findings}


def _recalled(type_: str, right: int, said: int, true: int) -> Recalled:
    precision, recall = right / said if said else None, right / true if true else None
    return Recalled(type_, true, precision, recall, _f(precision, recall, 1.0), _f(precision, recall, 2.0))


def _f(precision: float | None, recall: float | None, beta: float) -> float | None:
    """Recall counts beta squared times as much as precision (van Rijsbergen, "Information Retrieval", 1979)."""
    if precision is None or recall is None or not precision + recall:
        return None if precision is None or recall is None else 0.0
    return (1 + beta * beta) * precision * recall / (beta * beta * precision + recall)
