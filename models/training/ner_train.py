"""Trains the token model for a given number of minutes and writes its weights.

    python -m models.training.ner_train --data DATA --silver silver.jsonl.gz --minutes 25 --out ner.pt --hold-out wikigold

The learning rate follows the clock. Sources held out are not read; with any, the templates' styles and locales that a
trial is tested on are left out too.
"""

import argparse
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import nn

from models.training.ner_data import LABELS, Sentence, cropped, public, recased, shape, silver, written
from models.training.ner_network import TokenNetwork, loss_of
from models.training.network import Average, base_folder
from models.training.train import set_rate
from models.training.windows import CLS, CONTENT, SEP, open_tokenizer


class Row(NamedTuple):
    """One window: pieces, the case of their words, masks at first pieces and 0 elsewhere."""

    ids: list[int]
    shapes: list[int]
    masks: list[int]
    weight: float


def row(sentence: Sentence, pieces: dict[str, list[int]], tokenizer: Tokenizer) -> Row:
    """A sentence as the model reads it; what does not fit is cut off."""
    ids, shapes, masks = [CLS], [0], [0]
    for word, mask in zip(sentence.words, sentence.masks, strict=True):
        found = pieces.get(word)
        if found is None:
            found = pieces[word] = tokenizer.encode(word, add_special_tokens=False).ids or [100]
        if len(ids) + len(found) > CONTENT + 1:
            break
        ids += found
        shapes += [shape(word)] * len(found)
        masks += [mask] + [0] * (len(found) - 1)
    return Row([*ids, SEP], [*shapes, 0], [*masks, 0], sentence.weight)


def batches(rows: list[Row], tokens: int, rng: random.Random) -> Iterator[list[Row]]:
    """Rows of like length together, in random order."""
    order = sorted(rows, key=lambda r: len(r.ids) + rng.random() * 6)
    found: list[list[Row]] = []
    batch: list[Row] = []
    for one in order:
        if batch and (len(batch) + 1) * len(one.ids) > tokens:
            found.append(batch)
            batch = []
        batch.append(one)
    found.append(batch)
    rng.shuffle(found)
    yield from found


def tensors(batch: Sequence[Row]) -> tuple[torch.Tensor, ...]:
    """Ids, mask, shapes, masks of labels; padded to the longest row."""
    width = -(-max(len(r.ids) for r in batch) // 8) * 8
    out = np.zeros((4, len(batch), width), np.int64)
    for index, one in enumerate(batch):
        size = len(one.ids)
        out[0, index, :size], out[1, index, :size] = one.ids, 1
        out[2, index, :size], out[3, index, :size] = one.shapes, one.masks
    return tuple(torch.from_numpy(part) for part in out)


def texts(options: argparse.Namespace, kept: Sequence[Sentence], seed: int, rng: random.Random) -> list[Sentence]:
    """What one pass reads: all that is kept, and fresh written texts."""
    fresh = written(seed, options.named, options.plain, bool(options.hold_out))
    found = [*kept, *fresh]
    done = []
    for sentence in found:
        crop = cropped(sentence, 90, rng)
        done.append(crop._replace(words=tuple(recased(crop.words, rng))))
    return done


def train(options: argparse.Namespace) -> None:
    """Reads, trains, writes."""
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    rng = random.Random(options.seed)
    left_out = frozenset(options.hold_out)
    kept = [s for s in public(options.data / "ner.jsonl.gz") if s.source not in left_out]
    kept += list(silver(options.silver)) if options.silver else []
    tokenizer = open_tokenizer(str(base_folder() / "tokenizer.json"))
    network = TokenNetwork(len(LABELS)).train()
    if options.init:
        network.load_state_dict(torch.load(options.init))
    head = [*network.out.parameters(), *network.shape.parameters()]
    encoder = [p for p in network.encoder.parameters() if p.requires_grad]
    rate = options.rate
    groups = [{"params": encoder, "lr": rate, "top": rate}, {"params": head, "lr": rate * 8, "top": rate * 8}]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.01, fused=True)
    average = Average(network, 0.995)
    pieces: dict[str, list[int]] = {}
    start, seen, steps, mean = time.monotonic(), 0, 0, 0.0
    passed = 0
    while (time.monotonic() - start) / 60 < options.minutes:
        passed += 1
        rows = [row(s, pieces, tokenizer) for s in texts(options, kept, options.seed * 100 + passed, rng)]
        print(f"pass {passed}: {len(rows)} texts", flush=True)
        for batch in batches(rows, options.tokens, rng):
            progress = (time.monotonic() - start) / 60 / options.minutes
            if progress >= 1:
                break
            set_rate(optimizer, progress)
            ids, mask, shapes, masks = tensors(batch)
            with torch.autocast("cpu", torch.bfloat16):
                logits = network(ids, mask, shapes)
            loss = loss_of(logits, masks, torch.tensor([one.weight for one in batch]))
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            average.update(network)
            seen, steps = seen + ids.numel(), steps + 1
            mean = 0.98 * mean + 0.02 * float(loss.detach()) if steps > 1 else float(loss.detach())
            if steps % 50 == 0:
                print(
                    f"{progress:6.1%} step {steps} loss {mean:.4f} {seen / (time.monotonic() - start):.0f} tokens/s",
                    flush=True,
                )
        if passed == 1 or options.save_often:
            torch.save(average.state(), options.out)
    torch.save(average.state(), options.out)
    print("written", options.out.name, flush=True)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--silver", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--init", type=Path)
    parser.add_argument("--minutes", type=float, default=25)
    parser.add_argument("--rate", type=float, default=2e-4)
    parser.add_argument("--tokens", type=int, default=2048)
    parser.add_argument("--named", type=int, default=16000)
    parser.add_argument("--plain", type=int, default=5000)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--save-often", action="store_true")
    parser.add_argument("--hold-out", action="append", default=[])
    train(parser.parse_args())


if __name__ == "__main__":
    main()
