"""Distributions as their quantiles."""

from array import array

import msgspec
import numpy as np


class Quantiles(msgspec.Struct, frozen=True):
    """A distribution of so many values: mean, median, 95th and 99th percentile, maximum. Zeros where there is none."""

    count: int
    mean: float
    p50: float
    p95: float
    p99: float
    max: float

    @classmethod
    def of(cls, values: "array[float]") -> "Quantiles":
        """Nearest rank (NumPy's `inverted_cdf`)."""
        if not values:
            return cls(0, 0.0, 0.0, 0.0, 0.0, 0.0)
        numbers = np.asarray(values, dtype=np.float64)
        p50, p95, p99 = np.quantile(numbers, (0.5, 0.95, 0.99), method="inverted_cdf")
        return cls(len(numbers), float(numbers.mean()), float(p50), float(p95), float(p99), float(numbers.max()))
