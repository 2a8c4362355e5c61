"""Fits joules to tokens: non-negative least squares that few odd intervals can't pull away. Pure.

A long prompt is laid whole into one interval and was computed over two: one such pair would move a fit of squares by a
third. So intervals count less, the further they lie from the fit (Huber, Robust Estimation of a Location Parameter,
1964). A pool is more thrifty at one time than at another, with its load and its heat: that factor is common to all
tokens of an interval, is smoothed over neighbours, and taken out before the next round. How certain a fit is comes from
fits without a tenth of the intervals at a time (a delete-a-group jackknife), since neighbouring intervals err alike.
"""

from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

TENTHS: Final = 10
_NEIGHBOURS: Final = 9
_ROUNDS: Final = 10
_SHARE: Final = 0.03
"""What a pool's thrift changes by from one interval to the next."""
_HUBER: Final = 1.345
"""Deviations behind which an interval counts less."""
_TO_DEVIATION: Final = 1.4826
"""From the median absolute deviation to the standard deviation of a normal distribution."""
_LEAST_SCALE: Final = 1e-3
"""Intervals that fit to a thousandth of what they may be off by are all as good."""
_TOLERANCE: Final = 1e-10
Array = NDArray[np.float64]


class Fit(NamedTuple):
    """Joules by column, and what was expected of each interval with them and its thrift."""

    joules: Array
    expected: Array


def fitted(matrix: Array, active: Array, idle: Array) -> Fit:
    """`matrix` (n, m): the tokens of n intervals, `active` (n,): their joules, `idle` (n,) how far those may be off."""
    # At first by its tokens alone: many of them that took little must not look like a little that is sure.
    expected = active.mean() * (matrix / np.maximum(matrix.mean(axis=0), _TOLERANCE)).mean(axis=1)
    factor, trust = np.ones(len(active)), np.ones(len(active))
    for _ in range(_ROUNDS):
        root = np.sqrt(trust) / _deviation(active, expected, idle)
        lengths = np.maximum(np.linalg.norm(matrix * root[:, None], axis=0), _TOLERANCE)
        joules = nonnegative(matrix * (factor * root)[:, None] / lengths, active * root) / lengths
        whole = matrix @ joules
        expected = whole * factor
        trust = _trust((active - expected) / _deviation(active, expected, idle))
        factor = _smoothed(active * trust, whole * trust)
    return Fit(joules, expected)


def spread(fit: Fit, active: Array) -> float:
    """How far intervals lie from the fit, as a share: one standard deviation, as the middle ones tell it."""
    return _TO_DEVIATION * float(np.median(np.abs(active - fit.expected) / np.maximum(fit.expected, _TOLERANCE)))


def without_tenths(matrix: Array, active: Array, idle: Array) -> Array:
    """Joules (10, m) as they are without each tenth of the intervals."""
    edges = np.linspace(0, len(active), TENTHS + 1).astype(int)
    found = []
    for since, until in pairwise(edges):
        kept = np.r_[0:since, until : len(active)]
        found.append(fitted(matrix[kept], active[kept], idle[kept]).joules)
    return np.array(found)


def standard_error(values: Array) -> Array:
    """Of what each tenth was left out of: `values` (10, …)."""
    spread: Array = np.sqrt((TENTHS - 1) / TENTHS * ((values - values.mean(axis=0)) ** 2).sum(axis=0))
    return spread


def nonnegative(matrix: Array, target: Array) -> Array:
    """The x ≥ 0 for which |matrix · x − target| is least. `matrix` is (n, m), `target` (n,), x (m,).

    Lawson and Hanson, Solving Least Squares Problems, 1974, ch. 23.
    """
    count = matrix.shape[1]
    free = np.zeros(count, dtype=bool)
    best = np.zeros(count)
    for _ in range(3 * count + 1):
        gradient = matrix.T @ (target - matrix @ best)
        gradient[free] = -np.inf
        if free.all() or gradient.max() <= _TOLERANCE * max(1.0, float(np.abs(target).sum())):
            break
        free[int(np.argmax(gradient))] = True
        trial = _on(matrix, target, free)
        while (trial[free] <= 0).any():
            best = _step(best, trial, free)
            free &= best > _TOLERANCE
            trial = _on(matrix, target, free)
        best = trial
    return best


def _on(matrix: Array, target: Array, free: NDArray[np.bool_]) -> Array:
    """Least squares with all but the free ones at zero."""
    found = np.zeros(matrix.shape[1])
    found[free] = np.linalg.lstsq(matrix[:, free], target, rcond=None)[0]
    return found


def _step(best: Array, trial: Array, free: NDArray[np.bool_]) -> Array:
    """As far towards `trial` as nothing becomes negative."""
    leaving = free & (trial <= 0)
    length = float(np.min(best[leaving] / (best[leaving] - trial[leaving])))
    stepped: Array = best + length * (trial - best)
    stepped[leaving & (stepped <= _TOLERANCE)] = 0.0
    return stepped


def _deviation(active: Array, expected: Array, idle: Array) -> Array:
    """How far an interval may lie from what is expected of it, in joules."""
    found: Array = np.hypot(_SHARE * np.maximum(active, expected), idle)
    return found


def _trust(residual: Array) -> Array:
    """How much each interval counts, from 1 on down."""
    near = _HUBER * max(_TO_DEVIATION * float(np.median(np.abs(residual))), _LEAST_SCALE)
    trust: Array = near / np.maximum(np.abs(residual), near)
    return trust


def _smoothed(active: Array, expected: Array) -> Array:
    """How much more than expected the neighbourhood of each interval took."""
    window = np.ones(min(_NEIGHBOURS, len(active)))
    near = np.convolve(expected, window, "same")
    ratio: Array = np.convolve(active, window, "same") / np.maximum(near, _TOLERANCE)
    return np.maximum(ratio, 0.0)
