"""Weights from measured intervals: joules for a token by model and class, and the power without work. Pure.

Power without work is the median of the intervals in which nothing ran; what is left of the others is fitted to their
tokens (`fit`). A cached token's joules are too few to be told apart in most pools; it then weighs a fixed part of one
that was not cached. What always comes in one proportion is refused, and weights that are too uncertain to split a
pool's energy by. It can't see what all intervals have in common: a model that is always served with another's load.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
import numpy as np

from guard.metering.energy.fit import Array, fitted, spread, standard_error, without_tenths
from guard.metering.energy.idle import UNKNOWN_SPREAD
from guard.metering.energy.weight import Rate, Tokens, Weights

CACHED: Final = 0.05
"""What a cached token weighs against one that was not, where they can't be told apart."""
FOR_EACH: Final = 20
"""Intervals with work that are asked for, for each number that is fitted."""
LEAST_IDLE: Final = 5
MOST_DOUBT: Final = 0.04
"""The standard error that a line may have from its weights. What else is uncertain has the rest of 5 %."""
_UNUSUAL: Final = 3.0
"""That line is of one model, with so many times as many tokens of one class as it usually has."""
_CERTAIN: Final = 5.0
"""Standard errors that a cached token's joules must be from zero, to be told apart."""
_MOST_CONDITION: Final = 200.0
_Column = tuple[str, str]


class Observation(msgspec.Struct, frozen=True):
    """One interval: how long, how much, and the tokens of each model."""

    seconds: float
    energy_mj: int
    tokens: Mapping[str, Tokens]


class NotCalibrated(ValueError):
    """The intervals don't tell; says what is missing."""


class _Task(msgspec.Struct, frozen=True):
    """Intervals with work: their joules without the power that is taken anyway, and how far that may be off."""

    busy: Sequence[Observation]
    active: Array
    idle: Array

    def matrix(self, columns: Sequence[_Column], tied: frozenset[str] = frozenset()) -> Array:
        """Tokens by interval and column; a tied model's cached ones are a part of its prompts'."""
        return np.column_stack([_tokens(self.busy, column, column[0] in tied) for column in columns])


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
    idle = UNKNOWN_SPREAD * idle_w * np.array([one.seconds for one in busy])
    joules, residual, doubt = _rates(_Task(busy, active, idle), models)
    rates = tuple(_rate(model, joules) for model in models)
    digest = hashlib.sha256(msgspec.json.encode((idle_w, rates))).hexdigest()[:8]
    return Weights(f"{name}-{digest}", rates, round(idle_w, 3), round(residual, 4), len(known), round(doubt, 4))


def _worked(one: Observation) -> bool:
    return any(tokens.total for tokens in one.tokens.values())


def _rates(task: _Task, models: Sequence[str]) -> tuple[Mapping[_Column, float], float, float]:
    """Joules by model and class, how far intervals lie from that (as a share), and the doubt. Raises NotCalibrated."""
    apart: list[_Column] = [(model, kind) for model in models for kind in ("prompt", "cached", "answer")]
    apart = [column for column in apart if _tokens(task.busy, column, tied=False).any()]
    tied = _tied(task, apart, models)
    columns = [column for column in apart if column[1] != "cached" or column[0] not in tied]
    matrix = task.matrix(columns, tied)
    _check_condition(matrix)
    fit = fitted(matrix, task.active, task.idle)
    doubt = _check_doubt(task, columns, matrix, fit.joules)
    joules = dict(zip(columns, fit.joules.tolist(), strict=True))
    cached = {(model, "cached"): CACHED * joules.get((model, "prompt"), 0.0) for model in tied}
    return joules | cached, spread(fit, task.active), doubt


def _tied(task: _Task, columns: Sequence[_Column], models: Sequence[str]) -> frozenset[str]:
    """Models whose cached tokens can't be told apart."""
    matrix = task.matrix(columns)
    _check_condition(matrix)
    joules = dict(zip(columns, fitted(matrix, task.active, task.idle).joules, strict=True))
    found = standard_error(without_tenths(matrix, task.active, task.idle))
    errors = dict(zip(columns, found, strict=True))
    return frozenset(
        model
        for model in models
        if (cached := (model, "cached")) in joules
        and not _CERTAIN * errors[cached] < joules[cached] <= joules.get((model, "prompt"), 0.0)
    )


def _check_condition(matrix: Array) -> None:
    if np.linalg.cond(matrix / np.linalg.norm(matrix, axis=0)) > _MOST_CONDITION:
        raise NotCalibrated(
            "models or kinds of tokens always came in the same proportion, so that they can't be told apart; "
            "serve them in other mixtures"
        )


def _check_doubt(task: _Task, columns: Sequence[_Column], matrix: Array, joules: Array) -> float:
    """The worst of the lines that are thought of: its standard error as a share of it. Raises NotCalibrated."""
    usual = matrix.sum(axis=0)
    others = without_tenths(matrix, task.active, task.idle)
    worst, blamed = 0.0, columns[0]
    for at, column in enumerate(columns):
        line = usual * [model == column[0] for model, _ in columns]
        line[at] *= _UNUSUAL
        part = float(joules @ line / (joules @ usual))
        if part <= 0:
            raise NotCalibrated(f"what {column[0]} takes can't be told from nothing; wait for more intervals with it")
        error = float(standard_error(others @ line / (others @ usual))) / part
        if error > worst:
            worst, blamed = error, column
    if worst > MOST_DOUBT:
        raise NotCalibrated(
            f"what {blamed[0]} takes is uncertain by {worst:.1%} where most tokens are of the kind {blamed[1]!r}, and "
            f"{MOST_DOUBT:.0%} is the most; wait for more intervals, with more of it and with less"
        )
    return worst


def _tokens(busy: Sequence[Observation], column: _Column, tied: bool) -> Array:
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
