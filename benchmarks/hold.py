"""How long does clean text wait in the hold? In characters, and in the tokens that must come before it may leave.

    python -m benchmarks.hold

Ordinary prose flows through the detectors token by token, as in a stream. After each token the text still held is
measured; and for each character, how many tokens came after its own before it was free. No clock is involved: these
are counts, the same on every machine. The prose holds no finding; text that does waits for its value to end, no more.
"""

import argparse
from collections import Counter
from pathlib import Path

import msgspec

from benchmarks.corpus import PROSE, tokens, words_after
from benchmarks.parts import engine
from benchmarks.place import Place, place
from benchmarks.report import RESULTS, table, write
from guard.core.channel import Channel
from guard.core.finding import Finding

QUESTION = "How long does clean text wait in the hold?"


class Held(msgspec.Struct, frozen=True):
    """One way of cutting the same text.

    `chars[n]` counts tokens after which n characters were held; `waits[n]` counts characters that were free n tokens
    after their own. `findings` is not empty when the prose is not as clean as it should be.
    """

    name: str
    tokens: int
    chars: dict[int, int]
    waits: dict[int, int]
    findings: tuple[str, ...]


class Result(msgspec.Struct, frozen=True):
    """All of it."""

    question: str
    place: Place
    rows: tuple[Held, ...]


def measure(name: str, texts: tuple[str, ...]) -> Held:
    """Feeds one channel to the engine and watches how far its verdict reaches."""
    channel = Channel(0, "content")
    reader = engine().open(channel)
    chars: Counter[int] = Counter()
    waits: Counter[int] = Counter()
    born: list[int] = []
    findings: list[Finding] = []
    free = 0
    for number, text in enumerate(texts):
        born += [number] * len(text)
        verdict = reader.feed(text, number == len(texts) - 1)
        upto = verdict.upto
        findings += verdict.findings
        waits.update(number - born[at] for at in range(free, upto))
        free = max(free, upto)
        chars[len(born) - free] += 1
    reader.close()
    return Held(
        name, len(texts), dict(sorted(chars.items())), dict(sorted(waits.items())), tuple(f.type for f in findings)
    )


def rank(counts: dict[int, int], share: float) -> int:
    """The least value that at least `share` of the counts do not exceed."""
    total, seen = sum(counts.values()), 0
    for value, count in sorted(counts.items()):
        seen += count
        if seen >= share * total:
            return value
    return 0


def run() -> Result:
    """Both cuts of the same prose."""
    cuts = (("a space goes with the word behind it", tokens(PROSE)), ("words with their space", words_after(PROSE)))
    return Result(QUESTION, place(), tuple(measure(name, texts) for name, texts in cuts))


def show(result: Result) -> str:
    """The result as a Markdown table."""
    head = (
        "tokens cut so that",
        "tokens",
        "held chars p50",
        "p90",
        "p99",
        "max",
        "chars free at once",
        "one token later",
        "later",
        "wait max, tokens",
    )
    lines = []
    for row in result.rows:
        total = sum(row.waits.values())
        parts = (row.waits.get(0, 0), row.waits.get(1, 0), sum(n for wait, n in row.waits.items() if wait > 1))
        quantiles = [str(rank(row.chars, share)) for share in (0.5, 0.9, 0.99, 1.0)]
        shares = [f"{part / total:.1%}" for part in parts]
        lines.append((row.name, str(row.tokens), *quantiles, *shares, str(max(row.waits))))
    found = sorted({kind for row in result.rows for kind in row.findings})
    return table(head, lines) + (f"\nFound in prose that holds nothing: {', '.join(found)}.\n" if found else "")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=RESULTS)
    args = parser.parse_args()
    result = run()
    write(args.out, "hold", result, QUESTION, result.place, show(result))


if __name__ == "__main__":
    main()
