"""What asking a policy server has been like since the start. Counts and times, never an input."""

import time
from collections.abc import Callable
from typing import Literal

import msgspec

from guard.policy.opa_client import Reason

Outcome = Literal[
    "answered", "undefined", "unreachable", "timeout", "refused", "malformed", "too_large", "policy", "resting"
]


class ServerFigures(msgspec.Struct, frozen=True):
    """`breaker` is `closed`, `open` or `half_open`. `outcomes` counts questions by what became of them.

    `resting` are those that were not asked, since the breaker was open. `answer_s` is the sum over all that were asked,
    `answer_max_s` the longest.
    """

    breaker: str
    generation: str
    points: tuple[str, ...]
    outcomes: dict[str, int]
    answer_s: float
    answer_max_s: float


class ServerGauge:
    """Counts outcomes. Called on the event loop."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self.outcomes: dict[str, int] = {}
        self.answer_s = 0.0
        self.answer_max_s = 0.0
        self.clock = clock

    def count(self, outcome: Outcome | Reason) -> None:
        """Takes one question's end."""
        name = outcome.value if isinstance(outcome, Reason) else outcome
        self.outcomes[name] = self.outcomes.get(name, 0) + 1

    def took(self, seconds: float) -> None:
        """Takes how long a question took."""
        self.answer_s += seconds
        self.answer_max_s = max(self.answer_max_s, seconds)
