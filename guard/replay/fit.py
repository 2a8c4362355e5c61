"""Service times from measurements: straight lines through what was timed. Pure; coefficients below zero become zero."""

from collections.abc import Sequence

import msgspec
import numpy as np


class Timed(msgspec.Struct, frozen=True):
    """One measurement of a model: how many rows and tokens (padding included) a run had, and how long it took."""

    rows: int
    tokens: int
    seconds: float


class LoopCost(msgspec.Struct, frozen=True):
    """What a server's event loop did in a while, and how much CPU time it took."""

    exchanges: int
    tokens: int
    turns: int
    seconds: float


def fit_runs(timed: Sequence[Timed]) -> tuple[float, float]:
    """The seconds of a run beside its tokens, and of each token."""
    run_s, token_s = _line([[1.0, one.tokens] for one in timed], [one.seconds for one in timed])
    return run_s, token_s


def fit_loop(costs: Sequence[LoopCost]) -> tuple[float, float, float]:
    """The CPU seconds of an exchange, of a token, and of a turn. Takes three different loads or more."""
    rows = [[one.exchanges, one.tokens, one.turns] for one in costs]
    exchange_s, token_s, turn_s = _line(rows, [one.seconds for one in costs])
    return exchange_s, token_s, turn_s


def _line(rows: Sequence[Sequence[float]], seconds: Sequence[float]) -> tuple[float, ...]:
    """Least squares of the relative error, without negative coefficients: those that would be are left out in turn."""
    weights = 1 / np.maximum(np.asarray(seconds, dtype=np.float64), 1e-12)
    table = np.asarray(rows, dtype=np.float64) * weights[:, None]
    taken = list(range(table.shape[1]))
    found = np.zeros(table.shape[1])
    while taken:
        some = np.linalg.lstsq(table[:, taken], np.ones(len(table)), rcond=None)[0]
        if (some >= 0).all():
            found[taken] = some
            break
        del taken[int(np.argmin(some))]
    return tuple(float(one) for one in found)
