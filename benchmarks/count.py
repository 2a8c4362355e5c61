"""How far are the counts of an answer's tokens from what the server generated, by where they come from?

`python -m benchmarks.count` writes `results/count.json` and `.md`. The server is a tokenizer: answers of Guard's own
documents and sources (thoughts, a tool call, prose, code) are its tokens, with a tag before and behind the thoughts and
a mark at the end, which leave no text. They come a token a piece, four a piece, or whole; its total is reported or is
not. Counted with the server's own tokenizer and with another one, which stands for a wrong configuration. Beside it:
CPU of a thousand tokens that are counted.
"""

import json
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec
from tokenizers import Tokenizer
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel
from tokenizers.trainers import BpeTrainer

from benchmarks.place import Place, place
from benchmarks.report import RESULTS, table, write
from guard.core.usage import Usage
from guard.metering.count.evidence import Counted, Evidence, Extent
from guard.metering.count.reckon import reckon
from guard.metering.count.tokenizer import ModelTokenizer

ROOT: Final = Path(__file__).parents[1]
QUESTION: Final = "How far are counts of tokens from what the server generated, by where they come from?"
ANSWERS: Final = 300
VOCABULARY: Final = 8_000
MARKS: Final = 3
"""The tags around thoughts, and the end."""
Parts = tuple[str, str, str]
"""Thoughts, the arguments of a call (perhaps none) and the answer."""


class Errors(msgspec.Struct, frozen=True):
    """Mean deviations in percent of what the server generated, and which sources the splits have."""

    completion: float
    reasoning: float
    tool: float
    split_source: dict[str, int]


class Result(msgspec.Struct, frozen=True):
    """By case; and CPU microseconds of a thousand tokens that are counted."""

    rows: dict[str, Errors]
    us_per_1000_tokens: int
    place: Place


class Server(msgspec.Struct, frozen=True):
    """What one answer came to at the server: its parts in tokens, and how many characters each token has."""

    parts: Parts
    tokens: tuple[list[int], list[int], list[int]]

    @property
    def completion(self) -> int:
        return sum(map(len, self.tokens)) + MARKS


def corpus() -> tuple[list[str], list[str]]:
    """Prose and code, a paragraph each."""
    prose = [page.read_text() for page in sorted((ROOT / "docs").glob("*.md"))]
    code = [page.read_text() for page in sorted((ROOT / "guard").rglob("*.py"))]
    return [one for page in prose for one in page.split("\n\n")], [one for page in code for one in page.split("\n\n")]


def trained(texts: Sequence[str]) -> Tokenizer:
    """A byte-level tokenizer, as most servers' models have."""
    tokenizer = Tokenizer(BPE())
    tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=False)  # type: ignore[assignment]
    tokenizer.train_from_iterator(texts, BpeTrainer(vocab_size=VOCABULARY, show_progress=False))
    return tokenizer


def answers(tokenizer: Tokenizer) -> Iterator[Server]:
    draw = random.Random(7)
    prose, code = corpus()
    for number in range(ANSWERS):
        thoughts = "\n\n".join(draw.choices(prose, k=draw.randrange(1, 8)))
        answer = "\n\n".join(draw.choices(prose if number % 3 else code, k=draw.randrange(1, 5)))
        call = json.dumps({"query": draw.choice(prose)[:200], "limit": draw.randrange(100)}) if number % 4 == 0 else ""
        parts = thoughts, call, answer
        yield Server(parts, tuple([_sizes(tokenizer, part) for part in parts]))  # type: ignore[arg-type]


def _sizes(tokenizer: Tokenizer, text: str) -> list[int]:
    """Characters of each token. One that begins within a character has none of its own."""
    ends = [end for _, end in tokenizer.encode(text).offsets]
    return [end - before for before, end in zip([0, *ends], ends, strict=False)]


def seen(server: Server, tokens_a_piece: int, counted: Counted | None, told: bool) -> Evidence:
    """What Guard sees of it: `tokens_a_piece` is 0 for a whole answer."""
    extents = [
        Extent(len(part), bool(part) if not tokens_a_piece else -(-len(tokens) // tokens_a_piece))
        for part, tokens in zip(server.parts, server.tokens, strict=True)
    ]
    thoughts, call, answer = extents
    whole = Extent(sum(one.chars for one in extents), sum(one.pieces for one in extents))
    untold = Extent() if told else whole
    return Evidence(10, answer, thoughts, call, untold, 1, bool(tokens_a_piece), counted=counted)


def errors(servers: Sequence[Server], tokens_a_piece: int, counter: ModelTokenizer | None, told: bool) -> Errors:
    """How far the counts are off."""
    off: dict[str, list[float]] = {"completion": [], "reasoning": [], "tool": []}
    sources: Counter[str] = Counter()
    for server in servers:
        counted = None if counter is None else _count(counter, server)
        usage = Usage(prompt=10, completion=server.completion) if told else None
        reckoned = reckon(usage, seen(server, tokens_a_piece, counted, told))
        truth = {"completion": server.completion, "reasoning": len(server.tokens[0]), "tool": len(server.tokens[1])}
        for name, tokens in truth.items():
            if tokens:
                off[name].append(abs((getattr(reckoned.usage, name) or 0) - tokens) / tokens * 100)
        sources[reckoned.split_source.value if reckoned.split_source is not None else "none"] += 1
    return Errors(**{name: round(sum(each) / len(each), 2) for name, each in off.items()}, split_source=dict(sources))


def _count(counter: ModelTokenizer, server: Server) -> Counted:
    thoughts, call, answer = (counter.count(part) for part in server.parts)
    return Counted(None, answer, thoughts, call, sum(map(len, server.parts)), whole=True)


def cost_us(counter: ModelTokenizer, servers: Sequence[Server]) -> float:
    """CPU microseconds of a thousand tokens."""
    began = time.process_time()
    tokens = sum(counter.count(part) for server in servers for part in server.parts)
    return (time.process_time() - began) / tokens * 1e9


def run() -> Result:
    """All cases."""
    here = place()
    prose, code = corpus()
    own = trained([*prose, *code])
    servers = list(answers(own))
    its = ModelTokenizer(own.to_str().encode())
    other = ModelTokenizer((ROOT / "models/injection/tokenizer.json").read_bytes())
    rows: dict[str, Errors] = {}
    for told in (True, False):
        for pieces, form in ((1, "a token a piece"), (4, "four a piece"), (0, "whole")):
            for name, counter in (("no tokenizer", None), ("its tokenizer", its), ("another's", other)):
                label = f"{'total reported' if told else 'nothing reported'}, {form}, {name}"
                rows[label] = errors(servers, pieces, counter, told)
    return Result(rows, round(min(cost_us(its, servers) for _ in range(3))), here)


def show(result: Result) -> str:
    """The table, and what counting costs."""
    lines = [
        (label, *map(str, (row.completion, row.reasoning, row.tool)), _shares(row))
        for label, row in result.rows.items()
    ]
    head = ("case", "completion, %", "reasoning, %", "tool, %", "split_source")
    cost = f"Counting takes {result.us_per_1000_tokens} µs of CPU for a thousand tokens."
    return f"Mean deviation over {ANSWERS} answers. {cost}\n\n{table(head, lines)}"


def _shares(row: Errors) -> str:
    return ", ".join(f"{name} {count * 100 // ANSWERS} %" for name, count in sorted(row.split_source.items()))


def main() -> None:
    result = run()
    write(RESULTS, "count", result, QUESTION, result.place, show(result))


if __name__ == "__main__":
    main()
