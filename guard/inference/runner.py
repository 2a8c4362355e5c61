"""Where a model runs: in this process or on an inference server. The batcher and the stepper know only this.

Calls block and are made from one thread of the caller's own, never from the event loop.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]
Floats = NDArray[np.float32]


class WindowRunner(Protocol):
    """Runs a model that knows no past: whole windows in, one row of logits each out, or one for each of its tokens."""

    def run(self, ids: Ids, mask: Ids) -> Floats:
        """`ids` and `mask` are (windows, tokens); the answer is (windows, columns). Raises EngineError.

        A token model's ids carry their words' shapes (see `shape.py`), and its answer is (windows, tokens, labels).
        """
        ...

    def close(self) -> None:
        """Frees what it holds."""
        ...


class StepRunner(Protocol):
    """Runs a model that reads each token once: one token of each of many streams per step."""

    def step(self, ids: Ids, state: Floats) -> tuple[Floats, Floats]:
        """`ids` is (streams,), `state` (streams, size): logits (streams, columns) and the state after.

        A stream's numbers may be none (NaN, infinite). Raises EngineError.
        """
        ...

    def close(self) -> None:
        """Frees what it holds."""
        ...
