"""What do the patterns cost per streamed token, with Guard's own detectors, with more recognizers, and in Presidio?

    python -m benchmarks.recognizers

The same tokens flow through one channel of the pattern engine, one at a time: with Guard's own detectors alone, with
the recognizers that run by default, and with all of Presidio's. Then the whole text goes through Presidio's
`AnalyzerEngine` with all of its pattern recognizers, once; a guard that collects the answer first can do no better. Its
words are cut by spaCy without a model, which is far less than what Presidio does when names are looked for, too. CPU
time of this process alone; the least of some rounds, since other work on the machine only ever adds to it.
"""

import argparse
import gc
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import msgspec
from presidio_analyzer import AnalyzerEngine, RecognizerRegistry

from benchmarks.corpus import FINDINGS, PROSE, tokens
from benchmarks.place import Place, place
from benchmarks.report import RESULTS, table, write
from benchmarks.words import Words
from guard.app import build_engine
from guard.config import RecognizerSettings
from guard.core.channel import Channel
from guard.pii.presidio.source import classes, pin_suffix_list
from guard.ports import Engine

QUESTION = "What do the patterns cost per streamed token?"
ROUNDS = 15
REPEATS = 10
NUMBERS = (
    "The batches 4711, 90210 and 20391 left at 07:45 with lots 81726354, 900123456 and 1029384756; the meter read "
    "123456789012 before and 123456789099 after, at 3.25 a unit, order 2024-118273 of 12/05/2024, invoice 77120034. "
)


class Row(msgspec.Struct, frozen=True):
    """One set of recognizers, and CPU microseconds per token by the name of the text."""

    name: str
    patterns: int
    start_s: float
    costs_us: dict[str, float]


class Result(msgspec.Struct, frozen=True):
    """All of it."""

    question: str
    place: Place
    rows: tuple[Row, ...]


def texts() -> dict[str, Sequence[str]]:
    """By what they hold: each cut into tokens."""
    return {name: tokens(text) for name, text in (("prose", PROSE), ("findings", FINDINGS), ("numbers", NUMBERS))}


def least_us(work: Callable[[], object], size: int, rounds: int) -> float:
    """CPU microseconds per token in the quickest round."""
    best = float("inf")
    gc.collect()
    for _ in range(rounds):
        begun = time.process_time_ns()
        work()
        best = min(best, (time.process_time_ns() - begun) / 1e3 / size)
    return round(best, 2)


def streamed(engine: Engine, pieces: Sequence[str]) -> None:
    """One channel, token by token."""
    reader = engine.open(Channel(0, "content"))
    for _ in range(REPEATS):
        for piece in pieces:
            reader.feed(piece, False)
    reader.feed("", True)
    reader.close()


def guarded(name: str, chosen: RecognizerSettings | None, rounds: int) -> Row:
    """Guard with some recognizers."""
    begun = time.process_time()
    engine = build_engine(chosen)
    engine.prepare()
    start_s = round(time.process_time() - begun, 1)
    costs = {
        kind: least_us(partial(streamed, engine, pieces), len(pieces) * REPEATS, rounds)
        for kind, pieces in texts().items()
    }
    return Row(name, len(engine.automaton.rules), start_s, costs)


def presidio(rounds: int) -> Row:
    """Presidio itself, on the whole text at once."""
    pin_suffix_list()
    begun = time.process_time()
    recognizers = [kind() for kind in classes().values()]
    for recognizer in recognizers:
        recognizer.supported_language = "en"
    registry = RecognizerRegistry(recognizers, supported_languages=["en"])
    analyzer = AnalyzerEngine(registry=registry, nlp_engine=Words(), supported_languages=["en"])
    start_s = round(time.process_time() - begun, 1)
    costs = {
        kind: least_us(partial(analyzer.analyze, "".join(pieces), "en"), len(pieces), rounds)
        for kind, pieces in texts().items()
    }
    return Row("Presidio, whole text at once", sum(len(one.patterns) for one in recognizers), start_s, costs)


def run(rounds: int = ROUNDS) -> Result:
    """Every row, in one process."""
    where = place()
    rows = (
        guarded("Guard's own", None, rounds),
        guarded("and the default recognizers", RecognizerSettings(), rounds),
        guarded("and all of Presidio's", RecognizerSettings(presidio=("all",)), rounds),
        presidio(max(2, rounds // 5)),
    )
    return Result(QUESTION, where, rows)


def show(result: Result) -> str:
    """The result as a Markdown table."""
    head = ("recognizers", "patterns", "start, CPU s", "prose, µs", "with findings, µs", "full of numbers, µs")
    lines = [
        (row.name, str(row.patterns), f"{row.start_s:.1f}", *(f"{cost:.2f}" for cost in row.costs_us.values()))
        for row in result.rows
    ]
    return table(head, lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--out", type=Path, default=RESULTS)
    args = parser.parse_args()
    result = run(args.rounds)
    write(args.out, "recognizers", result, QUESTION, result.place, show(result))


if __name__ == "__main__":
    main()
