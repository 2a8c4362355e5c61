"""What tokens weigh against each other: joules for one, by model and class. Pure.

Calibrated weights are in joules; the default ones are a convention, and only their ratios count either way.
"""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Final

import msgspec

from guard.core.usage import Usage


class Tokens(msgspec.Struct, frozen=True):
    """Tokens of one exchange, or of many: `prompt` without those that were cached."""

    prompt: float = 0.0
    cached: float = 0.0
    answer: float = 0.0

    @classmethod
    def of(cls, usage: Usage) -> "Tokens":
        """Absent counts are taken for zero, and a part is never more than its whole."""
        prompt = usage.prompt or 0
        cached = min(usage.cached or 0, prompt)
        return cls(prompt - cached, cached, usage.completion or 0)

    def __add__(self, other: "Tokens") -> "Tokens":
        return Tokens(self.prompt + other.prompt, self.cached + other.cached, self.answer + other.answer)

    @property
    def total(self) -> float:
        """All of them."""
        return self.prompt + self.cached + self.answer


class Rate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Joules for one token of models that fit one of the patterns (fnmatch)."""

    prompt: float
    cached: float
    answer: float
    models: tuple[str, ...] = ("*",)

    def joules(self, tokens: Tokens) -> float:
        """What these tokens take."""
        return self.prompt * tokens.prompt + self.cached * tokens.cached + self.answer * tokens.answer


class Weights(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Rates, the first that fits a model holds. `idle_w` is the pool's power without work, None if it is not known.

    `residual` is how far an interval's energy lies from them (one standard deviation, as a share), which is how
    uncertain the split of one interval is. `intervals` is how many they were fitted to, `doubt` the standard error that
    a line over many intervals may have from them, as a share. All three are 0 for weights that nobody fitted.
    """

    version: str
    rates: tuple[Rate, ...]
    idle_w: float | None = None
    residual: float = 0.0
    intervals: int = 0
    doubt: float = 0.0

    def rate(self, model: str) -> Rate | None:
        """The rate of a model; None where there is none."""
        return rate_of(self.rates, model)


def rate_of(rates: Sequence[Rate], model: str) -> Rate | None:
    """The first rate that fits a model; None where none does."""
    return next((rate for rate in rates if any(fnmatchcase(model, pattern) for pattern in rate.models)), None)


DEFAULT: Final = Weights("default", (Rate(prompt=1.0, cached=0.1, answer=10.0),))
"""Until a pool is calibrated. An answer's token is computed alone, a prompt's among many others."""
