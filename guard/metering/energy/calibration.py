"""Weights from measured intervals: joules for a token by model and class, and the power without work. Pure.

Power without work is the median of the intervals in which nothing ran. What is left of the others is fitted to their
tokens by non-negative least squares (Lawson and Hanson, Solving Least Squares Problems, 1974, ch. 23). A pool is more
thrifty at one time than at another, with its load and its heat: that factor is common to all tokens of an interval, is
smoothed over neighbours, and taken out before the next fit. A cached token's joules are too few to be told apart in
most pools; it then weighs a fixed part of one that was not cached. What always comes in one proportion is refused.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from guard.metering.energy.weight import Rate, Tokens, Weights

CACHED: Final = 0.05
"""What a cached token weighs against one that was not, where they can't be told apart."""
FOR_EACH: Final = 20
"""Intervals with work that are asked for, for each number that is fitted."""
LEAST_IDLE: Final = 5
_NEIGHBOURS: Final = 9
_ROUNDS: Final = 6
_CERTAIN: Final = 5.0
"""Standard errors that a cached token's joules must be from zero, to be told apart."""
_MOST_CONDITION: Final = 200.0
_TOLERANCE: Final = 1e-10
_Array = NDArray[np.float64]
_Column = tuple[str, str]


class Observation(msgspec.Struct, frozen=True):
    """One interval: how long, how much, and the tokens of each model."""

    seconds: float
    energy_mj: int
    tokens: Mapping[str, Tokens]


class NotCalibrated(ValueError):
    """The intervals don't tell; says what is missing."""


def calibrate(observations: Sequence[Observation], name: str) -> Weights:
    """Weights whose version begins with `name`, from intervals in their order. Raises NotCalibrated."""
    known = [one for one in observations if one.energy_mj > 0 and one.seconds > 0]
    busy = [one for one in known if _worked(one)]
    quiet = [one.energy_mj / 1000 / one.seconds for one in known if not _worked(one)]
    if len(quiet) < LEAST_IDLE:
        raise NotCalibrated(f"{len(quiet)} intervals without work are known and {LEAST_IDLE} are needed; let it rest")
    idle_w = float(np.median(quiet))
    models = sorted({model for one in busy for model, tokens in one.tokens.items() if tokens.total})
    if len(busy) < FOR_EACH * 3 * max(len(models), 1):
        raise NotCalibrated(
            f"{len(busy)} intervals with work are known and {FOR_EACH * 3 * max(len(models), 1)} are needed; wait"
        )
    active = np.array([one.energy_mj / 1000 - idle_w * one.seconds for one in busy])
    deviation = np.hypot(0.03 * active, 0.02 * idle_w * np.array([one.seconds for one in busy]))
    joules, residual = _rates(busy, models, active, deviation)
    rates = tuple(_rate(model, joules) for model in models)
    digest = hashlib.sha256(msgspec.json.encode((idle_w, rates))).hexdigest()[:8]
    return Weights(f"{name}-{digest}", rates, round(idle_w, 3), round(residual, 4), len(known))


def nonnegative(matrix: _Array, target: _Array) -> _Array:
    """The x ≥ 0 for which |matrix · x − target| is least. `matrix` is (n, m), `target` (n,), x (m,)."""
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


def _on(matrix: _Array, target: _Array, free: NDArray[np.bool_]) -> _Array:
    """Least squares with all but the free ones at zero."""
    found = np.zeros(matrix.shape[1])
    found[free] = np.linalg.lstsq(matrix[:, free], target, rcond=None)[0]
    return found


def _step(best: _Array, trial: _Array, free: NDArray[np.bool_]) -> _Array:
    """As far towards `trial` as nothing becomes negative."""
    leaving = free & (trial <= 0)
    length = float(np.min(best[leaving] / (best[leaving] - trial[leaving])))
    stepped: _Array = best + length * (trial - best)
    stepped[leaving & (stepped <= _TOLERANCE)] = 0.0
    return stepped


def _worked(one: Observation) -> bool:
    return any(tokens.total for tokens in one.tokens.values())


def _rates(
    busy: Sequence[Observation], models: Sequence[str], active: _Array, deviation: _Array
) -> tuple[Mapping[_Column, float], float]:
    """Joules by model and class, and what is left (root mean square, as a share). Raises NotCalibrated."""
    apart: list[_Column] = [(model, kind) for model in models for kind in ("prompt", "cached", "answer")]
    apart = [column for column in apart if _column(busy, column, tied=False).any()]
    joules, errors, _ = _fitted(busy, apart, active, deviation, frozenset())
    tied = frozenset(
        model for model in models if (model, "cached") in joules and not _told_apart(joules, errors, model)
    )
    kept = [column for column in apart if column[1] != "cached" or column[0] not in tied]
    joules, errors, residual = _fitted(busy, kept, active, deviation, tied)
    return joules | {(model, "cached"): CACHED * joules.get((model, "prompt"), 0.0) for model in tied}, residual


def _told_apart(joules: Mapping[_Column, float], errors: Mapping[_Column, float], model: str) -> bool:
    cached, prompt = joules[model, "cached"], joules.get((model, "prompt"), 0.0)
    return _CERTAIN * errors[model, "cached"] < cached <= prompt


def _fitted(
    busy: Sequence[Observation], columns: Sequence[_Column], active: _Array, deviation: _Array, tied: frozenset[str]
) -> tuple[dict[_Column, float], dict[_Column, float], float]:
    """Joules, their standard errors, and the residual."""
    matrix = np.column_stack([_column(busy, column, column[0] in tied) for column in columns])
    lengths = np.linalg.norm(matrix / deviation[:, None], axis=0)
    if np.linalg.cond(matrix / deviation[:, None] / lengths) > _MOST_CONDITION:
        raise NotCalibrated(
            "models or kinds of tokens always came in the same proportion, so that they can't be told apart; "
            "serve them in other mixtures"
        )
    factor = np.ones(len(active))
    for _ in range(_ROUNDS):
        scaled = matrix * (factor / deviation)[:, None] / lengths
        fitted = nonnegative(scaled, active / deviation) / lengths
        expected = matrix @ fitted
        fits = expected * factor
        factor = _smoothed(active, expected)
    noise = float(np.mean(((active - fits) / deviation) ** 2))
    errors = np.sqrt(np.diag(np.linalg.inv(scaled.T @ scaled)) * noise) / lengths
    residual = float(np.sqrt(np.mean((active - fits) ** 2)) / np.mean(active))
    return dict(zip(columns, fitted.tolist(), strict=True)), dict(zip(columns, errors.tolist(), strict=True)), residual


def _smoothed(active: _Array, expected: _Array) -> _Array:
    """How much more than expected the neighbourhood of each interval took."""
    window = np.ones(min(_NEIGHBOURS, len(active)))
    near = np.convolve(expected, window, "same")
    ratio: _Array = np.convolve(active, window, "same") / np.maximum(near, _TOLERANCE)
    return np.maximum(ratio, 0.0)


def _column(busy: Sequence[Observation], column: _Column, tied: bool) -> _Array:
    model, kind = column
    found = [one.tokens.get(model, Tokens()) for one in busy]
    counts = np.array([getattr(tokens, kind) for tokens in found], dtype=np.float64)
    if tied and kind == "prompt":
        counts += CACHED * np.array([tokens.cached for tokens in found])
    return counts


def _rate(model: str, joules: Mapping[_Column, float]) -> Rate:
    def of(kind: str) -> float:
        return round(joules.get((model, kind), 0.0), 6)

    return Rate(of("prompt"), of("cached"), of("answer"), (model,))
