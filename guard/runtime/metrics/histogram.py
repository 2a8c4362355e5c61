"""A histogram that costs little to fill: one search in a short list of bounds for each value."""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate
from typing import Final

DURATION_S: Final = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
FIRST_S: Final = (0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
TOKEN_S: Final = (0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 2.5)
"""Upper bounds in seconds. Source: OpenTelemetry semantic conventions, "Generative AI metrics"."""


class Histogram:
    """Values counted by the first of the bounds that is not below them."""

    __slots__ = ("_bounds", "_counts", "sum")

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def add(self, value: float) -> None:
        """Takes one value."""
        self._counts[bisect_left(self._bounds, value)] += 1
        self.sum += value

    def buckets(self) -> list[tuple[str, float]]:
        """Each bound, the last of them infinity, and how many values do not exceed it."""
        names = [*map(repr, map(float, self._bounds)), "+Inf"]
        return list(zip(names, accumulate(self._counts), strict=True))
