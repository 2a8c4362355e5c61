"""The mean of several runs' weights: steadier than each where the runs began at the same weights.

    python -m models.training.mean --weights one.pt --weights two.pt --out mean.pt

It can't see whether the runs have a common ancestor; weights that have none have a meaningless mean, so score the
result before it is used.
"""

import argparse
from pathlib import Path

import torch
from torch import Tensor


def mean(states: list[dict[str, Tensor]]) -> dict[str, Tensor]:
    """The mean of each named weight; all states have the same names and shapes."""
    return {name: sum(state[name].float() for state in states) / len(states) for name in states[0]}


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, action="append", required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    torch.save(mean([torch.load(path) for path in options.weights]), options.out)


if __name__ == "__main__":
    main()
