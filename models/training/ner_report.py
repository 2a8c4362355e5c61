"""Scores the token model on sentences that it has not read: exact spans, characters let through, words over-redacted.

    python -m models.training.ner_report --data DATA --model models/pii-ner --source wikigold --source sec_train \
        --styles --threshold PERSON=0.4 --json out.json

Scores come from the exported model, read as the proxy reads it. A type counts only on sources that tell it.
"""

import argparse
import json
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from models.corpus.names import HELD_OUT_LOCALES, HELD_OUT_STYLES, Writer, templates
from models.training.ner_data import LABELS, TYPES, Sentence, of_text, public, shape
from models.training.windows import CLS, CONTENT, SEP, open_tokenizer

_PUBLIC_TYPES = ("PERSON", "LOCATION", "ORGANIZATION")
Probabilities = NDArray[np.float32]


class Entity(NamedTuple):
    """Words [start, end) are an entity of a type; `score` is the mean probability of its words."""

    start: int
    end: int
    kind: str
    score: float


class Reader:
    """The exported model."""

    def __init__(self, folder: Path, name: str = "model.onnx") -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = ort.InferenceSession(str(folder / name), options, providers=["CPUExecutionProvider"])
        self._tokenizer = open_tokenizer(str(folder / "tokenizer.json"))

    def read(self, words: Sequence[str]) -> Probabilities:
        """Probabilities of the labels for each word (words, labels); words that do not fit are outside."""
        out = np.zeros((len(words), len(LABELS)), np.float32)
        out[:, 0] = 1
        ids, shapes, first = [CLS], [0], []
        for word in words:
            pieces = self._tokenizer.encode(word, add_special_tokens=False).ids or [100]
            if len(ids) + len(pieces) > CONTENT + 1:
                break
            first.append(len(ids))
            ids += pieces
            shapes += [shape(word)] * len(pieces)
        ids, shapes = [*ids, SEP], [*shapes, 0]
        feed = {
            "input_ids": np.array([ids]),
            "attention_mask": np.ones((1, len(ids)), np.int64),
            "shapes": np.array([shapes]),
        }
        logits = self._session.run(None, feed)[0][0]
        exps = np.exp(logits - logits.max(-1, keepdims=True))
        out[: len(first)] = (exps / exps.sum(-1, keepdims=True))[first]
        return out


def entities(probabilities: Probabilities) -> list[Entity]:
    """Spans by the likeliest label of each word, an inside without a beginning begun."""
    best = probabilities.argmax(-1)
    found: list[Entity] = []
    start, kind = 0, ""
    for index in range(len(best) + 1):
        label = LABELS[best[index]] if index < len(best) else "O"
        goes_on = kind and label == f"I-{kind}"
        if kind and not goes_on:
            columns = [LABELS.index(f"{mark}-{kind}") for mark in "BI"]
            found.append(Entity(start, index, kind, float(probabilities[start:index, columns].sum(-1).mean())))
            kind = ""
        if label != "O" and not goes_on:
            start, kind = index, label[2:]
    return found


class Tally:
    """Counts of one source."""

    def __init__(self) -> None:
        self.hit: Counter[str] = Counter()
        self.told: Counter[str] = Counter()
        self.true: Counter[str] = Counter()
        self.chars, self.through, self.clean, self.over = 0, 0, 0, 0

    def add(self, sentence: Sentence, found: Iterable[Entity], kinds: Sequence[str]) -> None:
        """One sentence."""
        found = [e for e in found if e.kind in kinds]
        true = {(a, b, k) for a, b, k in sentence.spans if k in kinds}
        covered = {i for e in found for i in range(e.start, e.end)}
        inside = {i for a, b, _ in sentence.spans for i in range(a, b)}
        for a, b, k in true:
            self.true[k] += 1
            for i in range(a, b):
                self.chars += len(sentence.words[i])
                self.through += len(sentence.words[i]) * (i not in covered)
        for e in found:
            self.told[e.kind] += 1
            self.hit[e.kind] += (e.start, e.end, e.kind) in true
        open_ = {i for i, mask in enumerate(sentence.masks) if mask == (1 << len(LABELS)) - 1}
        self.clean += len(sentence.words) - len(inside | open_)
        self.over += len(covered - inside - open_)

    def scores(self) -> dict[str, Any]:
        """Precision, recall, F1 and F2 by type and over all; shares."""
        out: dict[str, Any] = {k: _measures(self.hit[k], self.told[k], self.true[k]) for k in self.true}
        out["all"] = _measures(self.hit.total(), self.told.total(), self.true.total())
        out["let_through"] = round(self.through / max(1, self.chars), 4)
        out["over_per_1000"] = round(1000 * self.over / max(1, self.clean), 2)
        return out


def _measures(hit: int, told: int, true: int) -> dict[str, float]:
    p, r = hit / max(1, told), hit / max(1, true)

    def f(beta: float) -> float:
        return round((1 + beta**2) * p * r / max(1e-9, beta**2 * p + r), 4)

    return {"precision": round(p, 4), "recall": round(r, 4), "f1": f(1), "f2": f(2), "count": true}


def sources(options: argparse.Namespace) -> dict[str, tuple[list[Sentence], Sequence[str]]]:
    """What is scored, by source, and the types that it tells."""
    found: dict[str, tuple[list[Sentence], Sequence[str]]] = {}
    by_source: dict[str, list[Sentence]] = defaultdict(list)
    for sentence in public(options.data / "ner.jsonl.gz"):
        by_source[sentence.source].append(sentence)
    for name in options.source:
        found[name] = (by_source[name][: options.rows], _PUBLIC_TYPES)
    if options.styles:
        writer = Writer(991)
        held = [t for t in templates() if t.style in HELD_OUT_STYLES]
        found["written, new styles"] = ([of_text(writer.write(t)) for t in held * 30], TYPES)
        english = [t for t in templates() if not t.locale]
        texts = [of_text(writer.write(t, loc)) for loc in HELD_OUT_LOCALES for t in english]
        found["written, new locales"] = (texts, TYPES)
        found["written, nobody named"] = ([of_text(t) for t in writer.plain(1500)], TYPES)
    return found


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--source", action="append", default=[])
    parser.add_argument("--styles", action="store_true")
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--right", type=int, help="words of right context")
    parser.add_argument("--threshold", action="append", default=[])
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    least = {kind: float(value) for kind, _, value in (item.partition("=") for item in options.threshold)}
    reader, out = Reader(options.model), {}
    for name, (sentences, kinds) in sources(options).items():
        tally = Tally()
        for sentence in sentences:
            found = (
                entities(reader.read(sentence.words))
                if options.right is None
                else streamed(reader, sentence, options.right)
            )
            tally.add(sentence, [e for e in found if e.score >= least.get(e.kind, 0.0)], kinds)
        out[name] = tally.scores()
        print(name, json.dumps(out[name]), flush=True)
    if options.json:
        options.json.write_text(json.dumps(out, indent=1) + "\n")


def streamed(reader: Reader, sentence: Sentence, right: int) -> list[Entity]:
    """As a stream would see it: each word judged with so many words behind it and all before it."""
    rows = [reader.read(sentence.words[: index + 1 + right])[index] for index in range(len(sentence.words))]
    return entities(np.array(rows)) if rows else []


if __name__ == "__main__":
    main()
