"""A tier: what its callers may ask for, how much, how fast, and when it is their turn. None stands for no limit."""

from fnmatch import fnmatchcase

import msgspec

from guard.core.decision import TokenLimits


class Tier(msgspec.Struct, frozen=True):
    """One tier of the configuration.

    Requests, tokens and `concurrency` are counted for each tenant by itself. `context_tokens` bounds the prompt,
    `answer_tokens` the answer, `thinking_tokens` the thinking before it. `weight` is its share of a backend that has
    more to do than it can; `priority` says who goes first within those shares, the higher number before the lower.
    """

    name: str
    models: tuple[str, ...] = ("*",)
    requests_per_min: int | None = None
    requests_per_day: int | None = None
    tokens_per_min: int | None = None
    tokens_per_day: int | None = None
    concurrency: int | None = None
    context_tokens: int | None = None
    answer_tokens: int | None = None
    thinking_tokens: int | None = None
    tokens_per_s: float | None = None
    weight: float = 1.0
    priority: int = 0

    @property
    def limits(self) -> TokenLimits:
        """What an answer may have."""
        return TokenLimits(self.answer_tokens, self.tokens_per_s, self.thinking_tokens)

    @property
    def counted(self) -> bool:
        """Whether anything has to be counted from one request to the next."""
        return any(
            limit is not None
            for limit in (
                self.requests_per_min,
                self.requests_per_day,
                self.tokens_per_min,
                self.tokens_per_day,
                self.concurrency,
            )
        )

    def serves(self, model: str) -> bool:
        """Whether a model is one of the tier's."""
        return any(fnmatchcase(model, pattern) for pattern in self.models)


def stricter(one: TokenLimits, other: TokenLimits) -> TokenLimits:
    """What keeps both limits."""
    return TokenLimits(
        max_tokens=_least(one.max_tokens, other.max_tokens),
        tokens_per_s=_slower(one.tokens_per_s, other.tokens_per_s),
        thinking_tokens=_least(one.thinking_tokens, other.thinking_tokens),
    )


def _least(one: int | None, other: int | None) -> int | None:
    return other if one is None else one if other is None else min(one, other)


def _slower(one: float | None, other: float | None) -> float | None:
    return other if one is None else one if other is None else min(one, other)
