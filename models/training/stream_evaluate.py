"""The stream model beside the transformers on held-out sources, and how soon it sees harm that begins midway.

    python -m models.training.stream_evaluate --data DATA --extra PUBLIC --stream models/stream --windows models \
        --source deepset_train --source toxigen_human --out stream_report.json --predictions stream

Both are scored at the end of the text. Delay: tokens between the first token of a harmful answer that follows a clean
one and the first score above the threshold.
"""

import argparse
import json
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from models.training.evaluate import chosen
from models.training.example import Example
from models.training.metrics import auc
from models.training.score import WindowScorer
from models.training.stream_network import STATE
from models.training.windows import open_tokenizer

Floats = NDArray[np.float32]
_MOST_TOKENS = 800
_BATCH = 256


class StreamScorer:
    """The exported stream model, stepping many texts together."""

    def __init__(self, folder: Path, threads: int = 1) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self._session = onnxruntime.InferenceSession(str(folder / "model.onnx"), options)
        self.tokenizer: Tokenizer = open_tokenizer(str(folder / "tokenizer.json"))

    def trace(self, rows: Sequence[Sequence[int]]) -> list[Floats]:
        """Logits after every token of each row, (tokens, columns)."""
        order = sorted(range(len(rows)), key=lambda index: -len(rows[index]))
        found: list[Floats] = [np.zeros((0, 0), np.float32)] * len(rows)
        for first in range(0, len(order), _BATCH):
            part = order[first : first + _BATCH]
            for index, logits in zip(part, self._steps([rows[index][:_MOST_TOKENS] for index in part]), strict=True):
                found[index] = logits
        return found

    def _steps(self, rows: Sequence[Sequence[int]]) -> list[Floats]:
        """Rows are sorted by falling length, so those still open are the first ones."""
        state = np.zeros((len(rows), STATE), np.float32)
        kept: list[list[Floats]] = [[] for _ in rows]
        for step in range(len(rows[0])):
            open_rows = sum(len(row) > step for row in rows)
            ids = np.array([row[step] for row in rows[:open_rows]], np.int64)
            logits, state = self._session.run(None, {"ids": ids, "state": state[:open_rows]})
            for row in range(open_rows):
                kept[row].append(logits[row])
        return [np.stack(row) for row in kept]


def tokens_of(tokenizer: Tokenizer, texts: Sequence[str]) -> list[list[int]]:
    """Token ids without special tokens."""
    return [encoding.ids or [100] for encoding in tokenizer.encode_batch(list(texts), add_special_tokens=False)]


def delays(
    scorer: StreamScorer, clean: Sequence[str], harmful: Sequence[str], column: int, threshold: float
) -> dict[str, float]:
    """Detection of harmful answers that follow clean ones; delays in tokens after the harmful one's first."""
    before, after = tokens_of(scorer.tokenizer, clean), tokens_of(scorer.tokenizer, harmful)
    traces = scorer.trace([left + right for left, right in zip(before, after, strict=True)])
    waits, early = [], 0
    for trace, left in zip(traces, before, strict=True):
        above = np.flatnonzero(trace[:, column] >= threshold)
        early += bool(len(above) and above[0] < len(left))
        late = above[above >= len(left)]
        waits.append(late[0] - len(left) if len(late) else np.inf)
    seen = np.array([wait for wait in waits if np.isfinite(wait)])
    return {
        "answers": len(waits),
        "false_before": early / len(waits),
        "detected": len(seen) / len(waits),
        "delay_median_tokens": float(np.median(seen)) if len(seen) else float("nan"),
        "delay_p90_tokens": float(np.quantile(seen, 0.9)) if len(seen) else float("nan"),
    }


def compared(rows: list[Example], stream: list[Floats], windows: Floats, column: int) -> dict[str, dict[str, float]]:
    """AUC of both, per source and over all, where a source has both labels."""
    found: dict[str, dict[str, float]] = {}
    ends = np.array([trace[-1, column] for trace in stream])
    for name in [*sorted({row.source for row in rows}), "all"]:
        index = [i for i, row in enumerate(rows) if name in ("all", row.source)]
        labels = np.array([rows[i].label for i in index])
        if 0 < labels.sum() < len(labels):
            pair = {"stream": auc(labels, ends[index]), "window": auc(labels, windows[index, 0].astype(np.float64))}
            found[name] = {key: round(value, 4) for key, value in pair.items()} | {"rows": len(index)}
    return found


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--extra", type=Path)
    parser.add_argument("--stream", type=Path, required=True)
    parser.add_argument("--windows", type=Path, required=True)
    parser.add_argument("--source", action="append", default=[])
    parser.add_argument("--most", type=int, default=400)
    parser.add_argument("--written", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--threshold", type=float, default=1.0, help="unsafe logit for the delay")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--predictions", type=Path)
    evaluate(parser.parse_args())


def evaluate(options: argparse.Namespace) -> None:
    """Compares and writes."""
    scorer = StreamScorer(options.stream)
    numbers: dict[str, object] = {}
    for column, task in enumerate(("injection", "unsafe")):
        options.task = task
        rows = chosen(options)
        traces = scorer.trace(tokens_of(scorer.tokenizer, [row.text for row in rows]))
        windows = WindowScorer(options.windows / task).texts([row.text for row in rows])
        numbers[task] = compared(rows, traces, windows, column)
        if options.predictions:
            ends = np.stack([trace[-1] for trace in traces])
            names, labels = [row.source for row in rows], [row.label for row in rows]
            np.savez(f"{options.predictions}_{task}.npz", logits=ends, labels=labels, sources=names)
    answers = [row for row in rows if row.unit == "response"]
    clean = [row.text for row in answers if not row.label]
    harmful = [row.text for row in answers if row.label][:300]
    if clean and harmful:
        rng = random.Random(options.seed)  # noqa: S311 - shuffles training rows
        numbers["turning"] = delays(scorer, [rng.choice(clean) for _ in harmful], harmful, 1, options.threshold)
    print(json.dumps(numbers, indent=1))
    if options.out:
        options.out.write_text(json.dumps(numbers, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
