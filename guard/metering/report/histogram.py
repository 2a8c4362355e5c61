"""Quantiles of times from a histogram that a database counts: exact ones would have to carry every time out of it.

Twenty steps to a power of ten, from a millisecond to almost three hours: a quantile lies in the right step, and is off
by half a step at the most, which is 6 %. What is shorter than a millisecond, or longer, is told as the bound.
"""

from bisect import bisect_right
from collections.abc import Mapping
from math import ceil
from typing import Final

from guard.metering.report.figures import Quantiles

_STEPS: Final = 20
EDGES_MS: Final = tuple(float(f"{10 ** (step / _STEPS):.6g}") for step in range(7 * _STEPS + 1))
"""A time is in step n if it lies between the edges n-1 and n."""


def step_of(ms: float) -> int:
    """The step of a time; what `step_sql` lets the database say."""
    return bisect_right(EDGES_MS, ms)


def step_sql(column: str, low: int = 0, high: int = len(EDGES_MS)) -> str:
    """An SQL expression for the step of a column in milliseconds: a binary search, eight comparisons to a row."""
    if low == high:
        return str(low)
    middle = (low + high) // 2
    below, above = step_sql(column, low, middle), step_sql(column, middle + 1, high)
    return f"CASE WHEN {column} < {EDGES_MS[middle]!r} THEN {below} ELSE {above} END"


def quantiles(counts: Mapping[int, int]) -> Quantiles | None:
    """By how many times lie in each step; None without any."""
    total = sum(counts.values())
    if not total:
        return None
    return Quantiles(*(_middle(_step_at(counts, ceil(share * total))) for share in (0.5, 0.95, 0.99)))


def _step_at(counts: Mapping[int, int], rank: int) -> int:
    seen = 0
    for step in sorted(counts):
        seen += counts[step]
        if seen >= rank:
            return step
    return max(counts)


def _middle(step: int) -> float:
    """The geometric middle of a step."""
    if step == 0 or step == len(EDGES_MS):
        return EDGES_MS[min(step, len(EDGES_MS) - 1)]
    return float(f"{(EDGES_MS[step - 1] * EDGES_MS[step]) ** 0.5:.3g}")
