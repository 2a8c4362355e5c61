"""Turns results into Markdown and JSON, on the screen and in `results/`."""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from benchmarks.place import Place

RESULTS = Path(__file__).resolve().parent / "results"


def table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    rule = ["---"] * len(head)
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, rule, *lines)) + "\n"


def write(folder: Path, name: str, result: msgspec.Struct, question: str, place: Place, body: str) -> None:
    """Writes `name.json` (everything) and `name.md` (for people), and prints the latter."""
    text = f"# {question}\n\n{body}\n{_place(place)}\n"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=1) + b"\n")
    (folder / f"{name}.md").write_text(text)
    sys.stdout.write(f"{text}\n")


def _place(place: Place) -> str:
    return (
        f"{place.date}, {place.cores} cores of {place.cpu}, {place.memory_gib:.0f} GiB, Linux {place.kernel}, "
        f"Python {place.python}; load average before the run {place.load_before}. Take the ratios, not the absolutes."
    )
