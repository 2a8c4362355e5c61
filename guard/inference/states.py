"""The states of all streams, a row each. Only the event loop touches them; a turn reads copies.

A row is not cleared when it changes hands: its new stream begins with an empty state (see `Reading.fresh`).
"""

import numpy as np
from numpy.typing import NDArray

from guard.inference.runner import Floats

Rows = NDArray[np.int64]


class States:
    """One array that grows as more streams are open at one time. `size` is a state's length, in floats."""

    def __init__(self, size: int) -> None:
        self._array: Floats = np.zeros((64, size), dtype=np.float32)

    def take(self, rows: Rows) -> Floats:
        """A copy of these rows, (rows, size), in their order."""
        highest = int(rows.max())
        if highest >= len(self._array):
            self._grow(highest + 1)
        taken: Floats = self._array.take(rows, axis=0)
        return taken

    def put(self, rows: Rows, states: Floats) -> None:
        """Writes them back."""
        self._array[rows] = states

    def _grow(self, least: int) -> None:
        grown: Floats = np.zeros((max(least, 2 * len(self._array)), self._array.shape[1]), dtype=np.float32)
        grown[: len(self._array)] = self._array
        self._array = grown
