"""Trains a window model for a given number of minutes and writes its weights.

    python -m models.training.train injection --data DATA --extra PUBLIC --minutes 20 --out weights.pt \
        --hold-out deepset_train --hold-out garak_latent

The learning rate follows the clock, so a run ends when it was told to. Sources held out are not read at all.
"""

import argparse
import pickle
import random
import time
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor, nn

from models.corpus.row import INJECTION_KINDS, UNSAFE_KINDS
from models.training.example import UNKNOWN_KIND, Example
from models.training.load import TOPICS, capped, everything
from models.training.network import Average, WindowNetwork, base_folder
from models.training.samples import Sample, batches, padded, samples
from models.training.windows import open_tokenizer

KINDS = {"injection": INJECTION_KINDS, "unsafe": UNSAFE_KINDS}
_WARM_UP = 0.06
_WARM_STEPS = 50
_SMOOTH = 0.02


def held_out(example: Example, names: frozenset[str]) -> bool:
    """Whether an example's source, or its source and family, is left out."""
    return example.source in names or f"{example.source}:{example.family}" in names


def loss_of(logits: Tensor, batch: list[Sample]) -> Tensor:
    """Weighted binary cross entropy on soft labels, and cross entropy of the kinds where they are known."""
    target = torch.tensor([sample.target for sample in batch]).clamp(_SMOOTH, 1 - _SMOOTH)
    weight = torch.tensor([sample.weight for sample in batch])
    binary = nn.functional.binary_cross_entropy_with_logits(logits[:, 0], target, weight, reduction="sum")
    kinds = torch.tensor([sample.kind for sample in batch])
    kind = nn.functional.cross_entropy(logits[:, 1:], kinds, ignore_index=UNKNOWN_KIND, reduction="sum")
    return (binary + 0.2 * kind) / weight.sum().clamp(min=1.0)


def optimizer_of(network: WindowNetwork, rate: float) -> torch.optim.AdamW:
    """The head learns ten times as fast as the encoder."""
    encoder = [value for value in network.encoder.parameters() if value.requires_grad]
    head = [*network.dense.parameters(), *network.out.parameters()]
    groups = [{"params": encoder, "lr": rate, "top": rate}, {"params": head, "lr": rate * 10, "top": rate * 10}]
    return torch.optim.AdamW(groups, weight_decay=0.01, fused=True)


def set_rate(optimizer: torch.optim.Optimizer, progress: float) -> None:
    """Linear warm-up, then linear decay to nothing at the end of the time."""
    scale = progress / _WARM_UP if progress < _WARM_UP else max(0.0, (1 - progress) / (1 - _WARM_UP))
    for group in optimizer.param_groups:
        group["lr"] = group["top"] * scale


def _weighed(sample: Sample, factor: float) -> Sample:
    """Positives are rarer than negatives and come in more shapes."""
    return sample._replace(weight=sample.weight * factor) if sample.target >= 0.5 else sample


class Run:
    """One training run: a clock, a network, its average."""

    def __init__(self, network: WindowNetwork, rate: float, minutes: float, tokens: int, kept: Path | None) -> None:
        self._network, self._minutes, self._tokens, self._kept = network, minutes, tokens, kept
        self._optimizer = optimizer_of(network, rate)
        self.average = Average(network, 0.995)
        self._start = time.monotonic()
        self._seen, self._steps, self._loss = 0, 0, 0.0

    @property
    def progress(self) -> float:
        """Share of the time that is over."""
        return (time.monotonic() - self._start) / 60 / self._minutes

    def read(self, found: list[Sample], rng: random.Random) -> None:
        """One pass, or what of it fits into the time."""
        for batch in batches(found, self._tokens, rng, drop=0.08):
            if self.progress >= 1:
                return
            self._step(batch)

    def _step(self, batch: list[Sample]) -> None:
        set_rate(self._optimizer, self._rate_place())
        ids, mask = padded([sample.ids for sample in batch], multiple=8)
        with torch.autocast("cpu", torch.bfloat16):
            logits = self._network(torch.from_numpy(ids), torch.from_numpy(mask)).float()
        loss = loss_of(logits, batch)
        loss.backward()
        nn.utils.clip_grad_norm_(self._network.parameters(), 1.0)
        self._optimizer.step()
        self._optimizer.zero_grad(set_to_none=True)
        self.average.update(self._network)
        self._report(float(loss.detach()), ids.size)

    def _rate_place(self) -> float:
        """Where in the schedule the run is: by the clock, or warmed up once and for all."""
        return self.progress if self._kept is None else min(_WARM_UP, (self._steps + 1) / _WARM_STEPS * _WARM_UP)

    def _report(self, loss: float, tokens: int) -> None:
        self._seen, self._steps = self._seen + tokens, self._steps + 1
        self._loss = 0.98 * self._loss + 0.02 * loss if self._steps > 1 else loss
        if self._steps % 50 == 0:
            rate = self._seen / (time.monotonic() - self._start)
            print(f"{self.progress:6.1%} step {self._steps} loss {self._loss:.4f} {rate:.0f} tokens/s", flush=True)
        if self._kept and self._steps % 100 == 0:
            torch.save(self.average.state(), self._kept)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("task", choices=sorted(KINDS))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--extra", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--rate", type=float, default=1e-4)
    parser.add_argument("--tokens", type=int, default=2048)
    parser.add_argument("--written", type=int, default=6000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--positive-weight", type=float, default=1.0)
    parser.add_argument("--init", type=Path)
    parser.add_argument("--topics", default=",".join(TOPICS))
    parser.add_argument("--thin", type=float, default=1.0, help="share of rows kept, but for --whole families")
    parser.add_argument("--whole", action="append", default=[], help="families (or parts of names) not thinned")
    parser.add_argument("--windows", type=Path, help="one pass, kept here, and read from here when the file is there")
    parser.add_argument("--steady", action="store_true", help="no decay; the average is written again and again")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--hold-out", action="append", default=[])
    options = parser.parse_args()
    train(options)


def examples_of(options: argparse.Namespace) -> list[Example]:
    """All rows of the task that are not left out."""
    left_out = frozenset(options.hold_out)
    topics = [topic for topic in options.topics.split(",") if topic]
    found = everything(options.data, options.extra, options.task, options.seed, options.written, topics)
    return [example for example in found if not held_out(example, left_out) and example.weight > 0]


def thinned(part: list[Example], share: float, whole: list[str], rng: random.Random) -> list[Example]:
    """A share of the rows, and all rows of the named families: a second training that must not forget the first."""
    if share >= 1:
        return part
    return [row for row in part if rng.random() < share or any(name in row.family for name in whole)]


def passes(options: argparse.Namespace, rng: random.Random) -> Iterator[list[Sample]]:
    """Windows of one pass after the other; from the file, the same ones again."""
    if options.windows and options.windows.exists():
        while True:
            yield pickle.loads(options.windows.read_bytes())  # noqa: S301 - written by this program
    found = examples_of(options)
    tokenizer = open_tokenizer(str(base_folder() / "tokenizer.json"))
    while True:
        part = thinned(capped(found, options.task, rng), options.thin, options.whole, rng)
        windows = [_weighed(sample, options.positive_weight) for sample in samples(part, tokenizer, rng)]
        if options.windows:
            options.windows.write_bytes(pickle.dumps(windows))
        yield windows


def train(options: argparse.Namespace) -> None:
    """Reads, trains, writes."""
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    rng = random.Random(options.seed)  # noqa: S311 - shuffles training rows
    if options.minutes <= 0:
        next(passes(options, rng))
        return
    network = WindowNetwork(len(KINDS[options.task])).train()
    if options.init:
        network.load_state_dict(torch.load(options.init))
    ready = passes(options, rng)
    windows = next(ready)
    run = Run(network, options.rate, options.minutes, options.tokens, options.out if options.steady else None)
    while run.progress < 1:
        positive = sum(sample.weight for sample in windows if sample.target >= 0.5)
        total = sum(sample.weight for sample in windows)
        print(f"pass: {len(windows)} windows, positive share {positive / total:.2f}", flush=True)
        run.read(windows, rng)
        windows = next(ready) if run.progress < 1 else []
    torch.save(run.average.state(), options.out)
    print("written", options.out.name, flush=True)


if __name__ == "__main__":
    main()
