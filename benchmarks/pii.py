"""How much personal data does Guard find, and how much of clean text does it take for some?

    python -m benchmarks.pii [--rounds 10] [--models DIR] [--spacy DIR]

Texts are made by `benchmarks.pii_set` from templates that no model was trained on. Guard reads them whole, as prompts,
and token by token, as answers; then without the gate that decides which words the model needs. With `--spacy` (the
directory of spaCy's small English model), Presidio's analyzer reads the same texts in the same run.
"""

import argparse
import asyncio
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import msgspec

from benchmarks import pii_guard, pii_presidio
from benchmarks.pii_score import Found, Quality, Scores, scores
from benchmarks.pii_set import Example, clean, examples
from benchmarks.place import Place, place
from benchmarks.report import RESULTS, table, write
from guard.core.taxonomy import group_of
from guard.pii.names.service import Names
from guard.ports import Engine

QUESTION = "How much personal data does Guard find, and how much of clean text does it take for some?"
CLEAN_ROUNDS = 3
LEFT_WORDS, RIGHT_WORDS = 12, 4
"""As they are served."""
REDACTED_GROUPS = ("pii.direct", "pii.financial", "pii.government", "pii.health")


class Contender(msgspec.Struct, frozen=True):
    """One way of reading the texts."""

    name: str
    scores: Scores


class Wait(msgspec.Struct, frozen=True):
    """What one right context costs and brings in a stream."""

    right_words: int
    exact_f2: float
    let_through: float
    late_mean_chars: float
    late_p99_chars: float
    words_read: float
    cpu_us_token: float


class Result(msgspec.Struct, frozen=True):
    """All of it."""

    question: str
    place: Place
    faker: str
    texts: int
    clean_texts: int
    contenders: tuple[Contender, ...]
    waits: tuple[Wait, ...]
    clean_words_read: float
    presidio_threshold: float | None


class _Texts(msgspec.Struct, frozen=True):
    """What is read, with and without personal data."""

    full: Sequence[Example]
    clean: Sequence[Example]

    def scores(self, found: Found, over: Found) -> Scores:
        types = {span.type for spans in (*found, *over) for span in spans}
        redacted = frozenset(type_ for type_ in types if group_of(type_) in REDACTED_GROUPS)
        return scores(self.full, found, self.clean, over, redacted)


def run(rounds: int, models: Path | None, spacy: Path | None, rights: Sequence[int]) -> Result:
    """Measures everything."""
    where = place()
    texts = _Texts(examples(rounds), clean(CLEAN_ROUNDS))
    contenders, waits = asyncio.run(_guard(texts, models, rights))
    threshold = None
    if spacy is not None:
        plain = pii_presidio.analyzer(spacy, tuned=False)
        contenders.append(_presidio("Presidio, plain", texts, *_analyzed(plain, texts), 0.0))
        tuned = _analyzed(pii_presidio.analyzer(spacy, tuned=True), texts)
        best = max(pii_presidio.THRESHOLDS, key=lambda one: _presidio("", texts, *tuned, one).scores.exact_joined.f2)
        contenders.append(_presidio("Presidio, tuned", texts, *tuned, best))
        threshold = best
    return Result(
        question=QUESTION,
        place=where,
        faker=version("faker"),
        texts=len(texts.full),
        clean_texts=len(texts.clean),
        contenders=tuple(contenders),
        waits=tuple(waits),
        clean_words_read=round(pii_guard.needed(texts.clean, LEFT_WORDS, RIGHT_WORDS), 4),
        presidio_threshold=threshold,
    )


async def _guard(texts: _Texts, models: Path | None, rights: Sequence[int]) -> tuple[list[Contender], list[Wait]]:
    engine = pii_guard.pattern_engine()
    contenders: list[Contender] = []
    waits: list[Wait] = []
    for right in rights:
        names = await pii_guard.opened(pii_guard.options(models, right=right))
        try:
            if not contenders:
                contenders += await _whole(texts, names, engine)
            flowed = await pii_guard.streamed(texts.full, names, engine)
            over = await pii_guard.streamed(texts.clean, names, engine)
        finally:
            await names.stop()
        found = texts.scores(flowed.found, over.found)
        waits.append(
            Wait(
                right,
                found.exact[-1].f2,
                found.let_through,
                round(over.late_mean, 1),
                round(over.late_p99, 1),
                round(pii_guard.needed(texts.full, LEFT_WORDS, right), 3),
                round(over.cpu_us_token, 1),
            )
        )
        contenders.append(Contender(f"Guard, streamed, {right} words to the right", found))
    return contenders, waits


async def _whole(texts: _Texts, names: Names, engine: Engine) -> list[Contender]:
    """Whole texts: both engines, with and without the gate, and the patterns alone."""
    ways = (
        ("Guard, whole texts", names.text),
        ("Guard, whole texts, without the gate", pii_guard.ungated(names)),
        ("Guard, patterns alone", None),
    )
    found = []
    for name, reader in ways:
        full = await pii_guard.whole(texts.full, reader, engine)
        over = await pii_guard.whole(texts.clean, reader, engine)
        found.append(Contender(name, texts.scores(full, over)))
    return found


def _analyzed(engine: object, texts: _Texts) -> tuple[pii_presidio.Analyzed, pii_presidio.Analyzed]:
    return pii_presidio.analyze(engine, texts.full), pii_presidio.analyze(engine, texts.clean)


def _presidio(
    name: str, texts: _Texts, full: pii_presidio.Analyzed, over: pii_presidio.Analyzed, threshold: float
) -> Contender:
    return Contender(name, texts.scores(full.at(threshold), over.at(threshold)))


def show(result: Result) -> str:
    """The result as Markdown tables."""
    first = result.contenders[0].scores
    types = [one.name for one in first.exact]
    return "\n".join(
        (
            f"{result.texts} texts with personal data, {result.clean_texts} without; values by Faker {result.faker}.\n",
            table(_HEAD, [_line(one) for one in result.contenders]),
            "Exact spans by type, F2 (recall):\n",
            table(("", *types), [(one.name, *_types(one.scores.exact, types)) for one in result.contenders]),
            "Recall of words by how a text is written:\n",
            table(
                ("", *first.recall_by_style),
                [(one.name, *(f"{v:.3f}" for v in one.scores.recall_by_style.values())) for one in result.contenders],
            ),
            "Streams: what is waited for behind a word that could be a name. Late: characters of clean text that a "
            "verdict lags behind, with the word that flows.\n",
            table(_WAIT_HEAD, [_wait(one) for one in result.waits]),
            f"In clean text {result.clean_words_read:.1%} of the words are read by the model for a stream.",
        )
    )


_HEAD = (
    "", "exact F1", "exact F2", "F2, addresses as places", "precision", "recall", "words F2", "let through",
    "over per 1,000 clean words", "of redacted types, English", "of redacted types, other languages",
)  # fmt: skip
_WAIT_HEAD = (
    "words to the right", "exact F2", "let through", "late, mean", "late, p99", "words read (texts with personal data)",
    "µs of CPU a token",
)  # fmt: skip


def _line(one: Contender) -> tuple[str, ...]:
    found, all_ = one.scores, one.scores.exact[-1]
    numbers = (all_.f1, all_.f2, found.exact_joined.f2, all_.precision, all_.recall, found.words.f2)
    return (
        one.name,
        *(f"{number:.3f}" for number in numbers),
        f"{found.let_through:.1%}",
        f"{found.over:.2f}",
        f"{found.over_redacted:.2f}",
        f"{found.over_redacted_other:.2f}",
    )


def _types(exact: Sequence[Quality], types: Sequence[str]) -> list[str]:
    by_name = {one.name: one for one in exact}
    return [f"{by_name[type_].f2:.3f} ({by_name[type_].recall:.3f})" for type_ in types]


def _wait(one: Wait) -> tuple[str, ...]:
    return (
        str(one.right_words), f"{one.exact_f2:.3f}", f"{one.let_through:.1%}", f"{one.late_mean_chars:.1f}",
        f"{one.late_p99_chars:.0f}", f"{one.words_read:.1%}", f"{one.cpu_us_token:.0f}",
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=8, help="how often each template is filled")
    parser.add_argument("--models", type=Path, help="the models' directory; by default the one that comes with Guard")
    parser.add_argument("--spacy", type=Path, help="the directory of spaCy's small English model, for Presidio")
    parser.add_argument("--right", type=int, nargs="+", default=[1, 2, 4, 8], help="right contexts to compare")
    parser.add_argument("--out", type=Path, default=RESULTS)
    args = parser.parse_args()
    result = run(args.rounds, args.models, args.spacy, args.right)
    write(args.out, "pii", result, QUESTION, result.place, show(result))


if __name__ == "__main__":
    main()
