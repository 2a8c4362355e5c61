"""How long each step of the way to a backend takes, and so what Guard adds to the first token."""

from collections.abc import Iterator
from typing import Final

from prometheus_client.core import Metric

from guard.core.record import Timings
from guard.runtime.metrics.family import histogram
from guard.runtime.metrics.histogram import Histogram

STAGES: Final = ("read", "classify", "names", "policy", "queue", "backend")
BOUNDS_S: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class StageMeter:
    """Adds up the steps of exchanges that are over. Called on the event loop."""

    def __init__(self) -> None:
        self._stages = tuple((f"{name}_ms", name, Histogram(BOUNDS_S)) for name in STAGES)

    def observe(self, timings: Timings) -> None:
        """Takes one exchange's; a step that it did not come to is not counted."""
        for field, _, took in self._stages:
            ms = getattr(timings, field)
            if ms is not None:
                took.add(ms / 1000)

    def families(self) -> Iterator[Metric]:
        """The histogram so far."""
        about = "Steps of exchanges before their answer begins."
        rows = [((name,), took) for _, name, took in self._stages]
        yield histogram("guard_stage_duration_seconds", about, ("stage",), rows)
