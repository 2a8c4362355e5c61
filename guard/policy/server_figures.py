"""Adds up what asking a policy server is like. Counts and times, never an input."""

import time
from collections.abc import Callable
from typing import Literal

from guard.policy.opa_client import Reason

Outcome = Literal[
    "answered", "undefined", "unreachable", "timeout", "refused", "malformed", "too_large", "policy", "resting"
]


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
