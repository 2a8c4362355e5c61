"""A price book: rows of what a model's tokens cost a tier, each for a time.

Prices are whole nano-dollars for a million tokens, so that a tenth of a cent for a million is still a whole number, and
sums are exact. The first row that fits a model, a tier and a moment holds, in the book's own order.
"""

from collections.abc import Sequence
from fnmatch import fnmatchcase

import msgspec


class Price(msgspec.Struct, frozen=True, kw_only=True):
    """One row: for models and tiers by fnmatch pattern, from `since_ms` up to and without `until_ms` (Unix ms).

    Nano-dollars for a million tokens: of the prompt, of those of it that were cached, of answers, of the thinking in
    them, of the tool calls in them, of sound and pictures in prompts. What is None costs what the class it is a part of
    costs. `request` and `picture` are nano-dollars for one of them.
    """

    models: tuple[str, ...] = ("*",)
    tiers: tuple[str, ...] = ("*",)
    since_ms: int = 0
    until_ms: int | None = None
    prompt: int
    answer: int
    cached: int | None = None
    reasoning: int | None = None
    tool: int | None = None
    audio: int | None = None
    image: int | None = None
    request: int = 0
    picture: int = 0

    def covers(self, model: str, tier: str, at_ms: int) -> bool:
        """Whether it holds for a model and a tier at a moment."""
        return (
            self.since_ms <= at_ms
            and (self.until_ms is None or at_ms < self.until_ms)
            and any(fnmatchcase(model, pattern) for pattern in self.models)
            and any(fnmatchcase(tier, pattern) for pattern in self.tiers)
        )


class Book(msgspec.Struct, frozen=True):
    """All rows, and the version that exchanges rated by them keep."""

    version: str
    rows: Sequence[Price]

    def price(self, model: str, tier: str, at_ms: int) -> Price | None:
        """The first row that covers it; None where there is none."""
        return next((row for row in self.rows if row.covers(model, tier, at_ms)), None)
