"""What a pool takes without work: configured, or measured in the intervals in which nothing ran. Pure."""

from collections import deque
from statistics import median
from typing import Final

from guard.metering.energy.attribution import Idle

KEPT: Final = 240
LEAST: Final = 3
UNKNOWN_SPREAD: Final = 0.02
"""How far idle power is taken to vary, as a share of itself, until that has been measured."""
_TO_DEVIATION: Final = 1.4826
"""From the median absolute deviation to the standard deviation of a normal distribution."""


class Baseline:
    """The last intervals without work. A configured power wins; a calibration's is used until enough was measured."""

    def __init__(self, configured_w: float | None = None, calibrated_w: float | None = None) -> None:
        self._configured_w = configured_w
        self._calibrated_w = calibrated_w
        self._measured: deque[float] = deque(maxlen=KEPT)

    def note(self, watts: float) -> None:
        """An interval without work took so much."""
        self._measured.append(watts)

    def idle(self) -> Idle | None:
        """The best that is known; None if nothing is."""
        measured = self._median() if len(self._measured) >= LEAST else None
        for watts in (self._configured_w, measured, self._calibrated_w):
            if watts is not None:
                return Idle(watts, UNKNOWN_SPREAD * watts if measured is None else self._spread_w())
        return None

    def _median(self) -> float:
        return median(self._measured)

    def _spread_w(self) -> float:
        middle = self._median()
        return _TO_DEVIATION * median(abs(watts - middle) for watts in self._measured)
