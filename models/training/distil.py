"""Teaches the stream model from the two window models.

    python -m models.training.distil --data DATA --extra PUBLIC --models models --out stream.pt --minutes 12

The teachers judge prefixes of every text, labelled or not; the student learns their probabilities, and the label where
there is one. Teachers' judgements can be kept in a file (``--lessons``) and used again.
"""

import argparse
import pickle
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from models.training.example import Example
from models.training.load import capped, everything
from models.training.network import Average, WindowNetwork
from models.training.prefixes import Lesson, batch, judged, mixed
from models.training.score import WindowScorer
from models.training.stream_network import StreamNetwork
from models.training.train import set_rate

_LABEL_SHARE = 0.25
_LONGEST_CHARS = 4000


def _blended(lesson: Lesson, example: Example) -> Lesson:
    """The label moves the last target: a teacher that errs on its own training text is corrected."""
    named = lesson._replace(source=example.source, family=example.family)
    if example.span is not None or len(lesson.ids) > 120:
        return named
    targets = lesson.targets.copy()
    column = 0 if example.task == "injection" else 1
    targets[-1, column] = (1 - _LABEL_SHARE) * targets[-1, column] + _LABEL_SHARE * example.target
    return named._replace(targets=targets)


def lessons_of(
    examples: Sequence[Example], scorers: tuple[WindowScorer, WindowScorer], rng: random.Random
) -> list[Lesson]:
    """Judged prefixes of a random window's worth of each text."""
    found = []
    for first in range(0, len(examples), 4000):
        part = examples[first : first + 4000]
        encodings = scorers[0].tokenizer.encode_batch([e.text[:_LONGEST_CHARS] for e in part], add_special_tokens=False)
        kept = [
            (e, _place(encoding.ids, rng)) for e, encoding in zip(part, encodings, strict=True) if len(encoding.ids) > 1
        ]
        lessons = judged(scorers, [ids for _, ids in kept], rng)
        found += [_blended(lesson, example) for lesson, (example, _) in zip(lessons, kept, strict=True)]
        print(f"judged {len(found)} texts", flush=True)
    return found


def _place(ids: list[int], rng: random.Random) -> list[int]:
    if len(ids) <= 126 or rng.random() < 0.4:
        return ids[:126]
    start = rng.randint(0, len(ids) - 126)
    return ids[start : start + 126]


def loss_of(logits: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
    """Cross entropy against the teachers' probabilities; kinds count as far as the text is harmful."""
    binary = nn.functional.binary_cross_entropy_with_logits(logits[..., :2], targets[..., :2], reduction="none").sum(-1)
    kinds = -(targets[..., 2:] * logits[..., 2:].log_softmax(-1)).sum(-1) * targets[..., 1]
    return ((binary + 0.1 * kinds) * weights).sum() / weights.sum()


def grouped(lessons: list[Lesson], tokens: int, rng: random.Random) -> Iterator[list[Lesson]]:
    """Batches of near-equal length."""
    ordered = sorted(lessons, key=lambda lesson: len(lesson.ids) + rng.random())
    groups, group = [], []
    for lesson in ordered:
        if group and len(lesson.ids) * (len(group) + 1) > tokens:
            groups.append(group)
            group = []
        group.append(lesson)
    groups.append(group)
    rng.shuffle(groups)
    yield from groups


class Student:
    """The stream model in training: a clock, an optimiser, an average."""

    def __init__(self, network: StreamNetwork, minutes: float, rate: float) -> None:
        self._network, self._minutes = network, minutes
        values = [value for value in network.parameters() if value.requires_grad]
        self._optimizer = torch.optim.AdamW(
            [{"params": values, "lr": rate, "top": rate}], weight_decay=0.01, fused=True
        )
        self.average = Average(network, 0.995)
        self._start, self._steps, self._loss = time.monotonic(), 0, 0.0

    @property
    def progress(self) -> float:
        """Share of the time that is over."""
        return (time.monotonic() - self._start) / 60 / self._minutes

    def read(self, lessons: Sequence[Lesson], rng: random.Random, tokens: int) -> None:
        """One pass, or what of it fits into the time."""
        for group in grouped(mixed(lessons, rng), tokens, rng):
            if self.progress >= 1:
                return
            self._step(group, rng)

    def _step(self, group: list[Lesson], rng: random.Random) -> None:
        set_rate(self._optimizer, self.progress)
        ids, places, targets, weights = batch(group, rng)
        dropped = np.where(np.random.default_rng(self._steps).random(ids.shape) < 0.04, 100, ids)
        logits = self._network(torch.from_numpy(dropped), torch.from_numpy(places))
        loss = loss_of(logits, torch.from_numpy(targets), torch.from_numpy(weights))
        loss.backward()
        nn.utils.clip_grad_norm_(self._network.parameters(), 1.0)
        self._optimizer.step()
        self._optimizer.zero_grad(set_to_none=True)
        self.average.update(self._network)
        self._steps += 1
        self._loss = 0.98 * self._loss + 0.02 * float(loss.detach()) if self._steps > 1 else float(loss.detach())
        if self._steps % 100 == 0:
            print(f"{self.progress:6.1%} step {self._steps} loss {self._loss:.4f}", flush=True)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--extra", type=Path)
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--init", type=Path)
    parser.add_argument("--lessons", type=Path, help="kept here, and read from here when the file is there")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--texts", type=int, default=1000000)
    parser.add_argument("--written", type=int, default=6000)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--tokens", type=int, default=4000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--hold-out", action="append", default=[])
    distil(parser.parse_args())


def read_lessons(options: argparse.Namespace, rng: random.Random) -> list[Lesson]:
    """Lessons from the file, if there is one, else from the teachers."""
    if options.lessons and options.lessons.exists():
        kept: list[Lesson] = pickle.loads(options.lessons.read_bytes())  # noqa: S301 - written by this program
        return kept
    found: list[Example] = []
    for task in ("injection", "unsafe"):
        rows = everything(options.data, options.extra, task, options.seed, options.written)
        found += capped([row for row in rows if row.weight > 0], task, rng)
    rng.shuffle(found)
    scorers = (WindowScorer(options.models / "injection"), WindowScorer(options.models / "unsafe"))
    lessons = lessons_of(found[: options.texts], scorers, rng)
    if options.lessons:
        options.lessons.write_bytes(pickle.dumps(lessons))
    return lessons


def distil(options: argparse.Namespace) -> None:
    """Judges, teaches, writes the student's weights."""
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    rng = random.Random(options.seed)  # noqa: S311 - shuffles training rows
    left_out = frozenset(options.hold_out)
    lessons = read_lessons(options, rng)
    lessons = [lesson for lesson in lessons if not {lesson.source, f"{lesson.source}:{lesson.family}"} & left_out]
    print(f"{len(lessons)} lessons", flush=True)
    if options.minutes <= 0:
        return
    words = WindowNetwork(1).encoder.embeddings.word_embeddings.weight.detach()
    words = (words - words.mean(0)) / words.std()
    network = StreamNetwork(words).train()
    if options.init:
        network.load_state_dict(torch.load(options.init))
    student = Student(network, options.minutes, options.rate)
    while student.progress < 1:
        student.read(lessons, rng, options.tokens)
    torch.save(student.average.state(), options.out)
    print("written", options.out.name, flush=True)


if __name__ == "__main__":
    main()
